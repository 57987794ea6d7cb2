//! Certificates for one run.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Account, Error, Result, folder, identity};

/// The files, in PEM, that clients need for TLS with the private servers.
///
/// The servers' certificate is for the name `localhost` alone: a client that connects to 127.0.0.1
/// can check who issued it, but not the name.
#[derive(Clone, Debug)]
pub struct Tls {
    folder: PathBuf,
}

impl Tls {
    /// The authority that issued the servers' and the client's certificate.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// An authority that issued neither.
    pub fn other_authority(&self) -> PathBuf {
        self.folder.join("other-ca.pem")
    }

    /// A certificate for [`Account::Certificate`].
    pub fn client_certificate(&self) -> PathBuf {
        self.folder.join("client.pem")
    }

    /// The key of [`client_certificate`](Self::client_certificate).
    pub fn client_key(&self) -> PathBuf {
        self.folder.join("client.key")
    }

    /// Those that there are already.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn server_certificate(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    pub(crate) fn server_key(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    /// Makes them all.
    pub(crate) fn create(folder: PathBuf, openssl: &Path) -> Result<Self> {
        folder::create(&folder)?;
        // Version 3 certificates, which is all that rustls takes, and independent of what the
        // system has configured.
        folder::write(&folder.join("openssl.cnf"), CONFIGURATION.as_bytes())?;
        let openssl = |arguments: &[&str]| run(openssl, &folder, arguments);
        for (name, subject) in [
            ("ca", "/CN=queryset tests"),
            ("other-ca", "/CN=another authority"),
        ] {
            let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
            let own = [
                "req",
                "-config",
                "openssl.cnf",
                "-x509",
                "-extensions",
                "authority",
            ];
            let valid = [
                "-days",
                "30",
                "-subj",
                subject,
                "-keyout",
                &key,
                "-out",
                &certificate,
            ];
            openssl(&[&own[..], &NEW_KEY, &valid].concat())?;
        }
        let client = format!("/CN={}", Account::Certificate.name());
        for (name, subject, serial) in [
            ("server", "/CN=localhost", "2"),
            ("client", client.as_str(), "3"),
        ] {
            let file = |ending: &str| format!("{name}.{ending}");
            let (key, request, certificate) = (file("key"), file("csr"), file("pem"));
            let ask = ["req", "-config", "openssl.cnf", "-subj", subject];
            openssl(&[&ask[..], &NEW_KEY, &["-keyout", &key, "-out", &request]].concat())?;
            openssl(&[
                "x509",
                "-req",
                "-in",
                &request,
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-set_serial",
                serial,
                "-days",
                "30",
                "-extfile",
                "openssl.cnf",
                "-extensions",
                name,
                "-out",
                &certificate,
            ])?;
        }
        Ok(Self { folder })
    }
}

const NEW_KEY: [&str; 6] = [
    "-nodes",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-sha256",
];

const CONFIGURATION: &str = "\
[req]
distinguished_name = subject
prompt = no
[subject]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
";

fn run(openssl: &Path, folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(openssl);
    command.args(arguments).current_dir(folder);
    identity::clean(&mut command, folder);
    let output = command
        .output()
        .map_err(|error| Error::io("cannot run openssl", error))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Error::new(format!(
            "openssl {} failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}
