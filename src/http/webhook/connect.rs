//! The way to a receiver. Each address is looked at when it is connected to, whatever its name led to before, so that a
//! name that leads elsewhere the next time gains nothing. No proxy is asked.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};
use url::{Host, Url};

use crate::app::{Allowed, Trouble};

/// A connection, secured or not.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// What secures connections, with the certificates that the system trusts.
pub(super) fn connector() -> io::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // A system has some that nobody can read; the others do.
    let (_, n_ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(
        n_roots = roots.len(),
        n_ignored,
        n_errors = found.errors.len(),
        "certificates for webhooks"
    );
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(io::Error::other)?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

/// Secures a connection to where a URL leads: whoever is there has to show a certificate for it.
pub(super) async fn secure(url: &Url, stream: TcpStream, tls: &TlsConnector) -> Result<Box<dyn Io>, Trouble> {
    let name = match url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|_| Trouble::TlsFailed)?,
        Some(Host::Ipv4(it)) => ServerName::from(IpAddr::from(it)),
        Some(Host::Ipv6(it)) => ServerName::from(IpAddr::from(it)),
        None => return Err(Trouble::NameNotResolved),
    };
    Ok(Box::new(tls.connect(name, stream).await.map_err(|_| Trouble::TlsFailed)?))
}

/// Connects to where a URL leads, if that may be asked.
pub(super) async fn reach(url: &Url, allowed: &Allowed) -> Result<TcpStream, Trouble> {
    let addresses = addresses(url).await?;
    let mut trouble = Trouble::AddressNotAllowed;
    for address in addresses.into_iter().filter(|it| allowed.permits(url, it.ip())) {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // A message is written whole; there is nothing to wait for.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(_) => trouble = Trouble::ConnectionFailed,
        }
    }
    Err(trouble)
}

/// Where a URL leads; at least one address.
async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, Trouble> {
    let port = url.port_or_known_default().unwrap_or(443);
    let found: Vec<_> = match url.host() {
        Some(Host::Ipv4(it)) => vec![(it, port).into()],
        Some(Host::Ipv6(it)) => vec![(it, port).into()],
        Some(Host::Domain(name)) => match lookup_host((name, port)).await {
            Ok(found) => found.collect(),
            Err(_) => vec![],
        },
        None => vec![],
    };
    if found.is_empty() { Err(Trouble::NameNotResolved) } else { Ok(found) }
}
