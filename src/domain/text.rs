//! What people may write: lengths, forbidden characters, addresses.

use url::Url;

use super::refusal::{Refusal, RefusalCode};

/// Characters that a name or title may have.
pub const MAX_LINE: usize = 200;
/// Characters that a text may have.
pub const MAX_TEXT: usize = 20_000;
/// Characters that an address may have.
pub const MAX_URL: usize = 2_048;
/// Characters that an e-mail address may have.
pub const MAX_EMAIL: usize = 254;

/// One line of 1 to [`MAX_LINE`] characters, without the white space around it.
pub fn line(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = trimmed(field, text, MAX_LINE)?;
    if text.contains(|it: char| it.is_control() || is_line_break(it) || is_bidi_control(it)) {
        let message = "must be one line without control characters and without characters that override the \
                       direction of writing";
        return Err(Refusal::of(field, RefusalCode::InvalidInput, message));
    }
    if text.chars().all(is_invisible) {
        return Err(Refusal::of(field, RefusalCode::InvalidInput, "must have something to see in it"));
    }
    Ok(text.into())
}

/// A text of 1 to [`MAX_TEXT`] characters, with line breaks and tabs as the only control characters.
pub fn text(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = trimmed(field, text, MAX_TEXT)?;
    if text.contains(|it: char| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        let message = "must not contain control characters other than line breaks and tabs";
        return Err(Refusal::of(field, RefusalCode::InvalidInput, message));
    }
    Ok(text.into())
}

/// An `http` or `https` address of at most [`MAX_URL`] characters, without credentials.
pub fn url(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = trimmed(field, text, MAX_URL)?;
    let refuse = |message| Err(Refusal::of(field, RefusalCode::InvalidInput, message));
    if text.contains(|it: char| it.is_control() || it.is_whitespace() || is_bidi_control(it)) {
        return refuse("must not contain white space or control characters");
    }
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("http://").or_else(|| lower.strip_prefix("https://")) else {
        return refuse("must begin with http:// or https://");
    };
    if Url::parse(text).is_err() || rest.starts_with(['/', '\\']) {
        return refuse("must be a complete address such as https://example.com/page");
    }
    if rest.split(['/', '\\', '?', '#']).next().is_some_and(|it| it.contains('@')) {
        return refuse("must not contain a user name or a password");
    }
    Ok(text.into())
}

/// An e-mail address: something, an `@`, something, in at most [`MAX_EMAIL`] characters.
pub fn email(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = trimmed(field, text, MAX_EMAIL)?;
    let parts = text.split_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty());
    let odd = |it: char| it.is_whitespace() || it.is_control() || is_bidi_control(it);
    if parts.is_none_or(|(_, host)| host.contains('@')) || text.contains(odd) {
        let message = "must be an e-mail address such as ada@example.com";
        return Err(Refusal::of(field, RefusalCode::InvalidInput, message));
    }
    Ok(text.into())
}

fn trimmed<'a>(field: &'static str, text: &'a str, max: usize) -> Result<&'a str, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::of(field, RefusalCode::InvalidInput, "must not be empty"));
    }
    if text.chars().nth(max).is_some() {
        let message = format!("must have at most {max} characters");
        return Err(Refusal::of(field, RefusalCode::TooLong, message));
    }
    Ok(text)
}

/// Embeddings, overrides and isolates, which can make a text read other than it is. The marks
/// and letters of right-to-left scripts are none of them.
fn is_bidi_control(it: char) -> bool {
    matches!(it, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// White space and characters that show nothing by themselves; beside others they have their use.
fn is_invisible(it: char) -> bool {
    it.is_whitespace()
        || matches!(it, '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}')
        || matches!(it, '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FFA0}')
        || matches!(it, '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

fn is_line_break(it: char) -> bool {
    matches!(it, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> RefusalCode {
        result.expect_err("a refusal").code
    }

    #[test]
    fn every_script_and_emoji_pass() {
        for name in ["Ada", "محمد علي", "שלום", "👩‍👩‍👧 family", "Zoë", "O'Brien-李", "नमस्ते\u{200D}"]
        {
            assert_eq!(line("name", name).expect(name), name);
        }
    }

    #[test]
    fn what_deceives_or_breaks_a_line_is_refused() {
        for name in ["a\0b", "a\nb", "a\u{202E}b", "a\u{2066}b", "a\u{2028}b", "a\u{7F}b", "a\u{85}b"] {
            assert_eq!(code(line("name", name)), RefusalCode::InvalidInput, "{name:?}");
        }
    }

    #[test]
    fn a_line_shows_something() {
        for name in ["\u{200B}", "\u{AD}\u{FEFF}", "\u{3164}", "\u{200D} \u{2060}"] {
            assert_eq!(code(line("name", name)), RefusalCode::InvalidInput, "{name:?}");
        }
    }

    #[test]
    fn lines_are_trimmed_and_counted_in_characters() {
        assert_eq!(line("name", "  Ada \n").expect("trimmed"), "Ada");
        assert!(line("name", &"é".repeat(MAX_LINE)).is_ok());
        assert_eq!(code(line("name", &"é".repeat(MAX_LINE + 1))), RefusalCode::TooLong);
        assert_eq!(code(line("name", " \t ")), RefusalCode::InvalidInput);
    }

    #[test]
    fn texts_have_lines_and_a_length() {
        assert!(text("text", "one\n\ttwo\r\n").is_ok());
        assert_eq!(code(text("text", "bell\u{7}")), RefusalCode::InvalidInput);
        assert!(text("text", &"x".repeat(MAX_TEXT)).is_ok());
        assert_eq!(code(text("text", &"x".repeat(MAX_TEXT + 1))), RefusalCode::TooLong);
    }

    #[test]
    fn addresses_are_of_the_web_and_without_credentials() {
        assert!(url("url", "https://example.com/a?b=c#d").is_ok());
        assert!(url("url", "http://[::1]:8080/").is_ok());
        for bad in [
            "example.com",
            "ftp://example.com",
            "javascript:alert(1)",
            "https://ada@example.com",
            "https://ada:secret@example.com",
            "https://",
            "https://exa mple.com",
            "https:example.com",
            "https:\\\\example.com",
            "https:///example.com",
            "https://@example.com",
            "https://example.com/\u{202E}",
        ] {
            assert_eq!(code(url("url", bad)), RefusalCode::InvalidInput, "{bad}");
        }
        let long = |n: usize| format!("https://example.com/{}", "x".repeat(n - 20));
        assert!(url("url", &long(MAX_URL)).is_ok());
        assert_eq!(code(url("url", &long(MAX_URL + 1))), RefusalCode::TooLong);
    }

    #[test]
    fn email_addresses_have_a_name_and_a_host() {
        assert!(email("email", "ada@example.com").is_ok());
        for bad in ["ada", "@example.com", "ada@", "a@b@c", "a b@c", "a\u{202E}@b"] {
            assert_eq!(code(email("email", bad)), RefusalCode::InvalidInput, "{bad}");
        }
        assert_eq!(code(email("email", &format!("{}@b.c", "a".repeat(300)))), RefusalCode::TooLong);
    }
}
