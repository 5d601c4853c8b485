//! A list of operations that clients were built with: Apollo's persisted-query manifest, or Relay's object
//! from hashes to texts.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;

use super::cache::{Hash, hash};

/// Operations that are known beforehand, each with the SHA-256 of its text.
#[derive(Debug, Default, Clone)]
pub struct Manifest {
    pub(super) operations: Vec<Listed>,
}

/// One operation of a manifest.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// What people call it: its name, or its hash.
    pub(super) called: String,
    pub(super) hash: Hash,
    pub(super) body: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Apollo { format: String, version: u32, operations: Vec<Entry> },
    Relay(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    name: Option<String>,
    body: String,
}

impl Manifest {
    /// Reads a manifest in JSON. That its operations fit the schema shows when they are prepared.
    ///
    /// # Errors
    ///
    /// Says what is wrong, and with which operation.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = "it is neither a persisted-query manifest of Apollo's nor an object from hashes to texts";
        let form = serde_json::from_str(text).map_err(|it| match it.is_data() {
            true => wrong.to_owned(),
            false => format!("it is not JSON: {it}"),
        })?;
        let listed: Result<_, _> = match form {
            Form::Relay(texts) => texts.into_iter().map(|(id, body)| Listed::new(&id, None, body)).collect(),
            Form::Apollo { format, version: 1, operations }
                if format == "apollo-persisted-query-manifest" =>
            {
                operations.into_iter().map(|it| Listed::new(&it.id, it.name, it.body)).collect()
            }
            Form::Apollo { format, version, .. } => Err(format!("`{format}` {version} is not known here")),
        };
        Ok(Self { operations: listed? })
    }
}

impl Listed {
    fn new(id: &str, name: Option<String>, body: String) -> Result<Self, String> {
        let called = name.unwrap_or_else(|| id.to_owned());
        let said = HEXLOWER_PERMISSIVE.decode(id.as_bytes()).ok();
        let hash = hash(&body);
        match said.as_deref() == Some(&hash) {
            true => Ok(Self { called, hash, body }),
            false => Err(format!("the id of operation `{called}` is not the SHA-256 of its body")),
        }
    }
}
