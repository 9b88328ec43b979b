//! Receipt handles: which message was received, and which time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::mns::error::{MnsError, Outcome};

/// What a receipt handle says. The texts have the form of the vendor's, with no sign that a query would have to escape: its
/// clients send them as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::mns) struct Handle {
    /// The message's row.
    pub(in crate::mns) row: i64,
    /// Random; another for each time that the message is received.
    pub(in crate::mns) nonce: String,
}

impl Handle {
    /// As the API shows it.
    pub(in crate::mns) fn show(&self) -> String {
        let text = format!("{}-{}", self.row, self.nonce);
        format!("1-{}", URL_SAFE_NO_PAD.encode(text))
    }

    /// Reads what a client gives back.
    ///
    /// # Errors
    /// It cannot be one that this cloud gave out.
    pub(in crate::mns) fn read(text: &str) -> Outcome<Self> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("1-")?).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let (row, nonce) = text.split_once('-')?;
            let nonce = Some(nonce).filter(|nonce| !nonce.is_empty())?;
            Some(Self {
                row: row.parse().ok()?,
                nonce: nonce.to_owned(),
            })
        };
        read().ok_or_else(MnsError::bad_handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_reads_back_and_nonsense_does_not() {
        let handle = Handle {
            row: 12,
            nonce: "A0".to_owned(),
        };
        let shown = handle.show();
        assert!(
            shown
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        assert_eq!(Handle::read(&shown), Ok(handle));
        for nonsense in ["", "1-", "2-MTItQTA", "1-MTI", "1-MTIt", "1-%", "hello"] {
            let refused = Handle::read(nonsense).unwrap_err();
            assert_eq!(refused.code, "ReceiptHandleError", "{nonsense}");
        }
    }
}
