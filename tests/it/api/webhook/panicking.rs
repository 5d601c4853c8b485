//! Whatever panics, a webhook goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use milepost::app::{Allowed, Attempt, Courier, Parcel};
use serde_json::json;
use tokio::sync::watch;

use super::World;

/// Panics at first, and delivers then.
struct Clumsy {
    allowed: Allowed,
    n_carried: AtomicU32,
}

#[async_trait]
impl Courier for Clumsy {
    fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    async fn carry(&self, _: Parcel) -> Attempt {
        assert!(2 <= self.n_carried.fetch_add(1, Ordering::SeqCst), "it fell");
        Attempt { status: Some(200), ..Attempt::default() }
    }
}

#[tokio::test]
async fn a_webhook_is_served_again_after_a_panic() {
    let world = World::new();
    let courier = Arc::new(Clumsy { allowed: Allowed::new(vec![]), n_carried: AtomicU32::new(0) });
    world.app.webhooks.send_by(courier.clone());
    let (_closing, told) = watch::channel(false);
    tokio::spawn(world.app.clone().tell_webhooks(Duration::from_millis(10), told));
    let (id, _) = world.hook(json!({ "url": "https://hooks.example.com" })).await;
    world.learner("Ada", None).await;
    world.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(world.log(&id).await, ["LEARNER_REGISTERED 1 200 DELIVERED"]);
    assert_eq!(courier.n_carried.load(Ordering::SeqCst), 3);
}
