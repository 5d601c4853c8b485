//! Over TLS only who has a good certificate is told of anything.

use std::{path::Path, sync::Arc};

use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::binary::{Server, milepost};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

/// Takes whatever comes, with the certificate of that name, and answers at which port.
async fn receiver(name: &str) -> u16 {
    let file = |end: &str| Path::new(FIXTURES).join(format!("{name}.{end}"));
    let certificate = CertificateDer::from_pem_file(file("pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let Ok(mut stream) = acceptor.accept(listener.accept().await.unwrap().0).await else { continue };
            let mut message = vec![0; 8_192];
            let _ = stream.read(&mut message).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_good_certificate_is_trusted() {
    let authority = format!("{FIXTURES}/ca.pem");
    let (good, elsewhere) = (receiver("localhost").await, receiver("elsewhere.example").await);
    // Whom the system trusts, and whom it does not.
    let other = format!("{FIXTURES}/elsewhere.example.pem");
    for (trusted, port, expected) in [
        (&authority, good, json!({ "delivered": true, "status": 204, "error": null })),
        (&authority, elsewhere, json!({ "delivered": false, "status": null, "error": "TLS_FAILED" })),
        (&other, good, json!({ "delivered": false, "status": null, "error": "TLS_FAILED" })),
    ] {
        let directory = TempDir::new().unwrap();
        let mut command = milepost();
        command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR");
        let server = Server::start_as(command, directory.path(), &["--webhook-allow", "localhost"]);
        let register = format!(
            "mutation {{ registerWebhook(input: {{ url: \"https://localhost:{port}/\" }}) {{ webhook {{ id }} }} }}"
        );
        let id = server.ask(&register).await["registerWebhook"]["webhook"]["id"].clone();
        let test =
            format!("mutation {{ testWebhook(input: {{ webhook: {id} }}) {{ delivered status error }} }}");
        assert_eq!(server.ask(&test).await["testWebhook"], expected, "{trusted} {port}");
    }
}
