//! Values of rows: `format u8 | body | crc32c u32`. The CRC covers the key as well, so that a
//! value that turns up in the wrong place is noticed, too.

/// The form of all bodies. A store with rows of another one makes them anew from the ledger.
pub(super) const FORMAT: u8 = 4;

/// The value with the body that is appended.
pub(super) fn seal(key: &[u8], append: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut value = Vec::with_capacity(1_024);
    value.push(FORMAT);
    let mut value = append(value);
    value.extend(crc(key, &value).to_le_bytes());
    value
}

/// The body of a value; `None` when it is not what was written at this key.
pub(super) fn unseal<'a>(key: &[u8], value: &'a [u8]) -> Option<&'a [u8]> {
    let (rest, end) = value.split_last_chunk::<4>()?;
    let (format, body) = rest.split_first()?;
    (crc(key, rest) == u32::from_le_bytes(*end) && *format == FORMAT).then_some(body)
}

fn crc(key: &[u8], rest: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(key), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(body: &[u8]) -> Vec<u8> {
        seal(b"key", |it| [&it, body].concat())
    }

    #[test]
    fn what_is_sealed_is_unsealed() {
        assert_eq!(unseal(b"key", &sealed(b"body")), Some(&b"body"[..]));
        assert_eq!(unseal(b"key", &sealed(b"")), Some(&b""[..]));
    }

    #[test]
    fn what_is_not_what_was_written_is_noticed() {
        let value = sealed(b"body");
        assert_eq!(unseal(b"kez", &value), None);
        for bit in 0..value.len() * 8 {
            let mut value = value.clone();
            value[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(b"key", &value), None, "bit {bit}");
        }
        for end in 0..value.len() {
            assert_eq!(unseal(b"key", &value[..end]), None);
        }
    }
}
