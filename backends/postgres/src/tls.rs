//! TLS through rustls, in the modes that libpq knows.

mod endpoint;
mod verify;

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use queryset::{Error, ErrorKind, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect};

use crate::options::{TlsMode, TlsOptions};
use crate::stream::{Grouped, Grouping};
use verify::{AnyCertificate, AnyName};

/// What all connections share; `None` where TLS is off.
pub(crate) fn client_config(options: &TlsOptions) -> Result<Option<Arc<ClientConfig>>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // As libpq: asked for TLS and given a root, it looks at the certificate.
    let verifier: Arc<dyn ServerCertVerifier> = match (options.mode, &options.root) {
        (TlsMode::Disable, _) => return Ok(None),
        (TlsMode::Prefer, _) | (TlsMode::Require, None) => {
            Arc::new(AnyCertificate(provider.clone()))
        }
        (TlsMode::Require | TlsMode::VerifyCa, root) => {
            Arc::new(AnyName(chain(&provider, root.as_deref())?))
        }
        (TlsMode::VerifyFull, root) => chain(&provider, root.as_deref())?,
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("the TLS versions").with_source(error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match (&options.certificate, &options.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| unreadable("key", key).with_source(error))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable("the client's certificate").with_source(error))?
        }
        _ => {
            return Err(Error::new(
                ErrorKind::Value,
                "a client's certificate needs its key, and a key its certificate",
            ));
        }
    };
    // What PostgreSQL 17 wants to see when TLS begins without its own request.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(Some(Arc::new(config)))
}

/// Looks at the whole certificate, its name included.
fn chain(provider: &Arc<CryptoProvider>, root: Option<&Path>) -> Result<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    match root {
        Some(path) => {
            for certificate in certificates(path)? {
                roots
                    .add(certificate)
                    .map_err(|error| unusable("the root certificate").with_source(error))?;
            }
        }
        None => {
            let native = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(native.certs);
        }
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| unusable("the root certificates").with_source(error))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
    read().map_err(|error| unreadable("certificate", path).with_source(error))
}

#[cold]
fn unreadable(what: &str, path: &Path) -> Error {
    Error::new(
        ErrorKind::Value,
        format!("the {what} in {} cannot be read", path.display()),
    )
}

#[cold]
fn unusable(what: &str) -> Error {
    Error::new(ErrorKind::Value, format!("{what} cannot be used for TLS"))
}

/// Makes one stream a TLS stream.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Option<Arc<ClientConfig>>,
    host: Arc<str>,
    stays_open: bool,
    grouping: Grouping,
}

impl Tls {
    pub(crate) fn new(config: Option<Arc<ClientConfig>>, host: Arc<str>) -> Self {
        Self {
            config,
            host,
            stays_open: false,
            grouping: Grouping::default(),
        }
    }

    /// How requests on the stream are grouped.
    pub(crate) fn grouping(self, grouping: Grouping) -> Self {
        Self { grouping, ..self }
    }

    /// The session is not ended by its stream's shutdown; see [`Stream::staying_open`].
    ///
    /// [`Stream::staying_open`]: crate::stream::Stream::staying_open
    pub(crate) fn staying_open(self) -> Self {
        Self {
            stays_open: true,
            ..self
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for Tls {
    type Stream = Grouped<TlsStream<S>>;
    type Error = io::Error;
    type Future = Handshake<S>;

    fn connect(self, stream: S) -> Handshake<S> {
        let name = ServerName::try_from(self.host.to_string());
        match (self.config, name) {
            (Some(config), Ok(name)) => {
                let connector = tokio_rustls::TlsConnector::from(config);
                let connect = Box::new(connector.connect(name, stream));
                Handshake::Under(connect, self.stays_open, self.grouping)
            }
            (Some(_), Err(error)) => {
                Handshake::Refused(Some(io::Error::new(io::ErrorKind::InvalidInput, error)))
            }
            (None, _) => Handshake::Refused(Some(io::Error::other("TLS is switched off"))),
        }
    }
}

pub(crate) enum Handshake<S> {
    Under(Box<tokio_rustls::Connect<S>>, bool, Grouping),
    Refused(Option<io::Error>),
}

// What rustls asks of a stream it is given; nothing in here is pinned.
impl<S: AsyncRead + AsyncWrite + Unpin> Unpin for Handshake<S> {}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Handshake<S> {
    type Output = io::Result<Grouped<TlsStream<S>>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Under(connect, stays_open, grouping) => {
                let stream = ready!(Pin::new(&mut **connect).poll(context))?;
                grouping.secure();
                let stream = TlsStream {
                    inner: Box::new(stream),
                    stays_open: *stays_open,
                };
                Poll::Ready(Ok(Grouped::new(stream, grouping.clone())))
            }
            Self::Refused(error) => Poll::Ready(Err(error
                .take()
                .unwrap_or_else(|| io::ErrorKind::NotConnected.into()))),
        }
    }
}

/// A stream under TLS. In a box: most connections have none, and should not carry its size.
pub(crate) struct TlsStream<S> {
    inner: Box<tokio_rustls::client::TlsStream<S>>,
    stays_open: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> tokio_postgres::tls::TlsStream for TlsStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        let (_, session) = self.inner.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        match certificate.and_then(|certificate| endpoint::hash(certificate)) {
            Some(hash) => ChannelBinding::tls_server_end_point(hash),
            None => ChannelBinding::none(),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.inner).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.stays_open {
            true => Pin::new(&mut *self.inner).poll_flush(context),
            false => Pin::new(&mut *self.inner).poll_shutdown(context),
        }
    }
}
