//! Who may sign in to a private server.

/// A user of a private server; all have the same password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// May do everything, over the network with and without TLS and over the Unix socket.
    Owner,
    /// May sign in over TLS only.
    Tls,
    /// May sign in only with the client's certificate ([`Tls::client_certificate`]).
    ///
    /// [`Tls::client_certificate`]: crate::Tls::client_certificate
    Certificate,
}

impl Account {
    /// The user's name on the server.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "queryset",
            Self::Tls => "queryset_tls",
            Self::Certificate => "queryset_cert",
        }
    }
}
