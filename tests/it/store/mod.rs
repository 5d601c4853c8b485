//! What every engine must do, asked of all of them. To add an engine, add a line to the macro.

mod embedded;
mod engine;
mod erasing;
mod feeds;
mod lists;
mod model;
mod notes;
mod reading;
mod receipts;
mod writing;

/// Makes one test of each function for every engine.
macro_rules! engines {
    ($($test:ident)+) => {
        crate::store::engines!(@of memory $($test)+);
        crate::store::engines!(@of embedded $($test)+);
    };
    (@of $engine:ident $($test:ident)+) => {
        mod $engine {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let opened = crate::store::engine::$engine();
                    super::$test(opened.store.clone()).await;
                }
            )+
        }
    };
}
use engines;
