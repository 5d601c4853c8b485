//! The secret of a webhook, and what is signed with it, as Standard Webhooks has it.

use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A secret that the server and a receiver share.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Secret(String);

/// What tells a receiver that a message is from us: the value of `webhook-signature`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(pub String);

impl Secret {
    const PREFIX: &str = "whsec_";

    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(BASE64.encode(&bytes))
    }

    /// As it is shown to whoever registers a webhook, once.
    pub(super) fn reveal(&self) -> String {
        format!("{}{}", Self::PREFIX, self.0)
    }

    /// Signs a message, sent at so many seconds since 1970.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> Signature {
        let key = BASE64.decode(self.0.as_bytes()).unwrap_or_default();
        let mut hmac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
        hmac.update(format!("{id}.{seconds}.").as_bytes());
        hmac.update(body);
        Signature(format!("v1,{}", BASE64.encode(&hmac.finalize().into_bytes())))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the specification of Standard Webhooks and in its libraries.
    #[test]
    fn it_signs_as_others_do() {
        let secret = Secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature.0, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn it_is_shown_on_purpose_only() {
        let secret = Secret::new([7; 32]);
        assert_eq!(secret.reveal().len(), "whsec_".len() + 44);
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
