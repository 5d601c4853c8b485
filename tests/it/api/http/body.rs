//! Bodies: their type, their coding, their size; and answers in gzip.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use milepost::http::MAX_BODY;

use super::{Asked, QUERY, check, show};
use crate::world::World;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn padded(n_bytes: usize) -> String {
    format!("{QUERY}{}", " ".repeat(n_bytes - QUERY.len()))
}

#[tokio::test]
async fn only_json_in_utf_8_is_read() {
    let typed = |it: &str| Asked { headers: vec![], ..Asked::post(QUERY) }.with(&[("content-type", it)]);
    let refused = "415 json UNSUPPORTED_MEDIA_TYPE";
    let rows = [
        (typed("application/json"), "200 json"),
        (typed("Application/JSON; charset=utf-8"), "200 json"),
        (typed("application/json;charset=\"UTF-8\""), "200 json"),
        (typed("application/json; profile=x"), "200 json"),
        (typed("application/json; charset=utf-16"), refused),
        (typed("application/json; charset=latin1"), refused),
        (typed("application/graphql"), refused),
        (typed("application/jsonx"), refused),
        (typed("text/plain"), refused),
        (typed("application/x-www-form-urlencoded"), refused),
        (typed("multipart/form-data; boundary=x"), refused),
        (typed("secret"), refused),
        (typed(""), refused),
        (Asked { headers: vec![], ..Asked::post(QUERY) }, refused),
        (Asked::post(QUERY).with(&[("content-type", "text/plain")]), refused),
    ];
    check(&World::new(), rows).await;
}

#[tokio::test]
async fn what_is_not_read_is_not_executed() {
    let world = World::new();
    let mutation = r#"{"query":"mutation { registerLearner(input: { name: \"Ada\" }) { changed } }"}"#;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let asked = Asked { headers: vec![], ..Asked::post(mutation) };
        let asked = asked.with(&[("content-type", content_type)]);
        check(&world, [(asked, "415 json UNSUPPORTED_MEDIA_TYPE")]).await;
    }
    check(&world, [(Asked::post(format!("[{mutation}]")), "400 json BATCHING_NOT_SUPPORTED")]).await;
    assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 0);
}

#[tokio::test]
async fn a_body_of_a_mebibyte_and_no_more() {
    let coded = |body: Vec<u8>| Asked::post(body).with(&[("content-encoding", "gzip")]);
    let large = "413 json PAYLOAD_TOO_LARGE";
    // Noise does not become shorter.
    let noise =
        (0..300_000_u32).map(|it| it.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect::<Vec<u8>>();
    let rows = [
        (Asked::post(padded(MAX_BODY)), "200 json"),
        (Asked::post(padded(MAX_BODY + 1)), large),
        (Asked::post(padded(2_000)).with(&[("content-encoding", "identity")]), "200 json"),
        (coded(gzip(padded(MAX_BODY).as_bytes())), "200 json"),
        (coded(gzip(padded(MAX_BODY + 1).as_bytes())), large),
        (coded(gzip(&vec![b' '; 200 << 20])), large),
        (coded(noise), large),
    ];
    check(&World::new(), rows).await;
}

#[tokio::test]
async fn other_codings_are_refused_and_broken_ones_too() {
    let coded = |coding: &str, body: Vec<u8>| Asked::post(body).with(&[("content-encoding", coding)]);
    let refused = "415 json UNSUPPORTED_MEDIA_TYPE";
    let whole = gzip(QUERY.as_bytes());
    let rows = [
        (coded("gzip", whole.clone()), "200 json"),
        (coded("GZIP", whole.clone()), "200 json"),
        (coded("gzip", [whole.clone(), gzip(b" ")].concat()), "200 json"),
        (coded("br", whole.clone()), refused),
        (coded("deflate", whole.clone()), refused),
        (coded("gzip, gzip", whole.clone()), refused),
        (coded("gzip", whole[..whole.len() - 3].to_vec()), "400 json BAD_REQUEST"),
        (coded("gzip", QUERY.into()), "400 json BAD_REQUEST"),
        (coded("gzip", [&whole[..20], &[0xff; 20]].concat()), "400 json BAD_REQUEST"),
        (coded("gzip", vec![]), "400 json BAD_REQUEST"),
    ];
    check(&World::new(), rows).await;
    let answered = coded("br", vec![]).send(&World::new()).await;
    assert_eq!(answered.header("accept-encoding"), "gzip");
}

#[tokio::test]
async fn long_answers_come_in_gzip_to_whoever_reads_it() {
    let world = World::new();
    let long = r#"{"query":"{ __schema { types { name description } } }"}"#;
    for (body, accepted, is_gzipped) in [
        (long, "gzip, br", true),
        (long, "br, GZIP;q=0.5", true),
        (long, "gzip;q=0", false),
        (long, "br", false),
        (QUERY, "gzip", false),
    ] {
        let plain = Asked::post(body).send(&world).await.body;
        let answered = Asked::post(body).with(&[("accept-encoding", accepted)]).send(&world).await;
        assert_eq!(answered.header("content-encoding") == "gzip", is_gzipped, "{accepted}");
        let mut read = vec![];
        if is_gzipped {
            assert!(answered.body.len() * 2 < plain.len(), "{}", answered.body.len());
            GzDecoder::new(&answered.body[..]).read_to_end(&mut read).unwrap();
        } else {
            read = answered.body;
        }
        assert!(read == plain, "{}", show(&read));
    }
}
