//! Names of fields in the API from names in the code, when the program is built.

/// A name as the API writes it: `metUntil` for `met_until`.
pub(in crate::graphql) struct Name<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Name<N> {
    /// From a name of `N` bytes as the code writes it.
    pub(in crate::graphql) const fn of(snake: &str) -> Self {
        let snake = snake.as_bytes();
        let (mut bytes, mut length, mut at) = ([0; N], 0, 0);
        while at < N {
            let is_break = snake[at] == b'_';
            at += is_break as usize;
            bytes[length] = if is_break { snake[at].to_ascii_uppercase() } else { snake[at] };
            length += 1;
            at += 1;
        }
        Self { bytes, length }
    }

    /// The name.
    pub(in crate::graphql) const fn get(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(name) => name,
            Err(_) => panic!("names are ASCII"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_camel_case() {
        assert_eq!(Name::<4>::of("slug").get(), "slug");
        assert_eq!(Name::<18>::of("already_in_band_of").get(), "alreadyInBandOf");
    }
}
