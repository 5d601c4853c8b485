//! Nobody can make the server ask where they could not ask themselves.

use std::future::pending;

use milepost::http::{Options, WebhookOptions};
use serde_json::json;

use super::{Receiver, World};

async fn allowing(rules: &[&str]) -> World {
    let allow = rules.iter().map(|it| it.parse().unwrap()).collect();
    let webhooks = WebhookOptions { allow, ..WebhookOptions::default() };
    World::new().served_with(Options { webhooks, ..Options::default() }, pending()).await.0
}

#[tokio::test]
async fn literal_addresses_that_are_not_public_are_refused_at_once() {
    let world = allowing(&[]).await;
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::1]",
    ] {
        let input = json!({ "url": format!("https://{host}:8443/") });
        assert_eq!(world.refusals("registerWebhook", input).await, ["NOT_ALLOWED url"], "{host}");
    }
}

/// What a name leads to is known only when it is asked, and may be another thing each time.
#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_followed() {
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    for rules in [&[][..], &["10.0.0.0/8"], &["other.localhost"]] {
        let world = allowing(rules).await;
        let (id, _) = world.hook(json!({ "url": format!("https://localhost:{port}/") })).await;
        let tested = world.call("testWebhook", "delivered error", json!({ "webhook": id })).await;
        assert_eq!(
            (&tested["delivered"], &tested["error"]),
            (&json!(false), &json!("ADDRESS_NOT_ALLOWED")),
            "{rules:?}"
        );
    }
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test]
async fn what_the_operator_allows_is_asked() {
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    for (rule, host) in [
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.0/8", "localhost"),
        ("127.0.0.1", "2130706433"),
    ] {
        let world = allowing(&[rule]).await;
        let (id, _) = world.hook(json!({ "url": format!("http://{host}:{port}/") })).await;
        let tested = world.call("testWebhook", "delivered error", json!({ "webhook": id })).await;
        assert_eq!(tested["delivered"], true, "{rule} {host} {tested}");
    }
    let world = allowing(&["127.0.0.1"]).await;
    let input = json!({ "url": format!("http://127.0.0.2:{port}/") });
    assert_eq!(world.refusals("registerWebhook", input).await, ["NOT_ALLOWED url"]);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_and_a_port_without_anybody_are_told() {
    let world = allowing(&["127.0.0.1"]).await;
    let receiver = Receiver::start().await;
    receiver.stop().await;
    for (url, expected) in
        [("http://nobody.invalid/".to_owned(), "NAME_NOT_RESOLVED"), (receiver.url(), "CONNECTION_FAILED")]
    {
        let (id, _) = world.hook(json!({ "url": url })).await;
        let tested = world.call("testWebhook", "error", json!({ "webhook": id })).await;
        assert_eq!(tested["error"], expected, "{url}");
    }
}

/// No plain HTTP where only a network is allowed and the name leads elsewhere, and no TLS without TLS.
#[tokio::test]
async fn who_speaks_no_tls_is_not_told_anything() {
    let (world, receiver) = (allowing(&["127.0.0.1"]).await, Receiver::start().await);
    let (id, _) = world.hook(json!({ "url": receiver.url().replace("http", "https") })).await;
    let tested = world.call("testWebhook", "error", json!({ "webhook": id })).await;
    assert_eq!(tested["error"], "TLS_FAILED");
    assert_eq!(receiver.received().len(), 0);
}
