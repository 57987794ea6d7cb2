//! The channel binding `tls-server-end-point` (RFC 5929): a hash of the server's certificate that
//! ties the password's exchange to this very TLS session.

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};

/// The hash; `None` for a certificate whose signature has no hash of its own.
pub(super) fn hash(certificate: &[u8]) -> Option<Vec<u8>> {
    let algorithm = algorithm(signature_algorithm(certificate)?)?;
    Some(digest(algorithm, certificate).as_ref().to_vec())
}

/// The hash that the signature was made with; SHA-256 in place of the broken ones.
fn algorithm(signature: &[u8]) -> Option<&'static Algorithm> {
    const RSA: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA_SHA2: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
    const ECDSA_SHA1: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];

    if let Some([last]) = signature.strip_prefix(&RSA) {
        return match last {
            4 | 5 | 11 => Some(&SHA256),
            12 => Some(&SHA384),
            13 => Some(&SHA512),
            _ => None,
        };
    }
    if let Some([last]) = signature.strip_prefix(&ECDSA_SHA2) {
        return match last {
            2 => Some(&SHA256),
            3 => Some(&SHA384),
            4 => Some(&SHA512),
            _ => None,
        };
    }
    (signature == ECDSA_SHA1).then_some(&SHA256)
}

/// The object identifier in the second member of a certificate's outer sequence.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const IDENTIFIER: u8 = 0x06;

    let (outer, _) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(outer, SEQUENCE)?;
    let (algorithm, _) = element(rest, SEQUENCE)?;
    let (identifier, _) = element(algorithm, IDENTIFIER)?;
    Some(identifier)
}

/// A DER element's content, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [first, length, rest @ ..] = bytes else {
        return None;
    };
    if *first != tag {
        return None;
    }
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        let length = digits
            .iter()
            .fold(0, |length, digit| length << 8 | usize::from(*digit));
        (length, rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_signatures_hash() {
        // SEQUENCE { SEQUENCE { 200 bytes }, SEQUENCE { sha384WithRSAEncryption, NULL } }
        let mut certificate = vec![0x30, 0x81, 203 + 15, 0x30, 0x81, 200];
        certificate.extend([0; 200]);
        certificate.extend([
            0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12, 5, 0,
        ]);
        assert_eq!(hash(&certificate).map(|hash| hash.len()), Some(48));
        certificate.truncate(20);
        assert_eq!(hash(&certificate), None);
        assert_eq!(hash(&[]), None);
    }
}
