//! Documents: read, checked and made ready once, before anything executes.

mod absent;
mod cache;
mod cost;
mod descriptions;
mod guard;
pub mod limits;
mod manifest;
mod parse;
mod places;
mod ready;
mod refusal;
mod root;
mod rules;
mod scan;
mod schema;
mod translate;
mod validate;
mod variables;

use std::{collections::HashMap, fmt, sync::Arc};

use async_graphql::{Positioned, ServerError, Variables, parser::types::Field};
use data_encoding::HEXLOWER_PERMISSIVE;

use super::{Form, context::RequestId, error::code};
use cache::{Cache, Hash, Kept};
use ready::Ready;

pub use manifest::Manifest;

/// What a client asks, as it came over whatever transport.
#[derive(Debug, Default)]
pub struct Asked {
    /// The text of the document; absent: it is named by its hash or id.
    pub query: Option<String>,
    /// Which of the document's operations; absent: its only one.
    pub operation_name: Option<String>,
    /// The values of the operation's variables.
    pub variables: Variables,
    /// The SHA-256 of the document in lower-case hexadecimal, as automatic persisted queries and persisted
    /// documents have it (`extensions.persistedQuery.sha256Hash`, or `documentId` with `sha256:`).
    pub hash: Option<String>,
    /// Whether the answer shall tell what the operation cost.
    pub tell_cost: bool,
    /// The request with which it came.
    pub id: RequestId,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It reads.
    Query,
    /// It writes.
    Mutation,
    /// It follows.
    Subscription,
}

/// What an operation costs, and what one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Cost {
    /// What this operation may cost at the most, as computed from its selections before it executes.
    pub requested: u64,
    /// What an operation may cost.
    pub limit: u64,
}

/// Why a request is refused before it executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The request itself is malformed: no document, a hash that is none.
    Malformed,
    /// The text is not GraphQL.
    Syntax,
    /// The document does not fit the schema, or goes beyond a limit.
    Invalid,
    /// No operation of that name, or several and no name.
    Operation,
    /// The variables do not fit what the operation declares.
    Variables,
    /// The hash is known to nobody; the client sends the text.
    UnknownHash,
    /// Only listed operations are served, and this is none.
    NotListed,
    /// The source of a subscription could not be opened.
    Source,
    /// Too much is going on; later it will do.
    Busy,
    /// It took longer than an operation may.
    Late,
    /// The answer would be longer than one may be.
    TooLarge,
    /// Our fault; the log has the reason.
    Internal,
}

/// A request that is refused whole: there are errors and no `data`.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// What the client reads; at least one, at most 20, each with a code.
    pub errors: Vec<ServerError>,
}

/// An operation that passed: it fits the schema, keeps the limits, and its variables are as declared.
pub struct Operation {
    /// What it does.
    pub kind: Kind,
    /// What it costs.
    pub cost: Cost,
    /// Whether the answer shall tell what it cost.
    pub tell_cost: bool,
    document: Arc<Kept>,
    index: usize,
    variables: Variables,
}

/// The documents of one schema.
#[derive(Debug)]
pub(super) struct Documents {
    form: Form,
    cache: Cache,
    listed: HashMap<Hash, Arc<Kept>>,
    only_listed: bool,
}

/// Says which operation of a manifest does not fit the schema, and why.
///
/// # Errors
///
/// When one does not.
pub fn check_manifest(form: Form, manifest: &Manifest) -> Result<(), String> {
    Documents::new(form, manifest, true).map(drop)
}

impl Documents {
    /// Makes the listed operations ready; others are served besides, or not at all.
    ///
    /// # Errors
    ///
    /// Says which operation does not fit the schema, and why.
    pub(super) fn new(form: Form, manifest: &Manifest, only_listed: bool) -> Result<Self, String> {
        let mut listed = HashMap::new();
        for it in &manifest.operations {
            let ready = Ready::new(&it.body, form).map_err(|refused| {
                let why = refused.errors.first().map_or("", |it| &it.message);
                format!("operation `{}`: {why}", it.called)
            })?;
            listed.insert(it.hash, Arc::new(Kept::new(&it.body, ready)));
        }
        Ok(Self { form, cache: Cache::new(), listed, only_listed })
    }

    /// Makes ready what is asked.
    pub(super) fn prepare(&self, asked: Asked) -> Result<Operation, Refused> {
        let document = match (&asked.query, &asked.hash) {
            (Some(text), None) => self.of_text(text)?,
            (Some(text), Some(hash)) => self.of_both(text, hash)?,
            (None, Some(hash)) => self.of_hash(&read(hash)?)?,
            (None, None) => return Err(malformed("there is no `query`, and no hash of one")),
        };
        let index = document.ready.choose(asked.operation_name.as_deref())?;
        let operation = document.ready.operation(index);
        let variables = variables::coerce(&operation.declared, asked.variables)?;
        let cost = cost::price(&operation.fields, &variables)?;
        Ok(Operation { kind: operation.kind, cost, tell_cost: asked.tell_cost, document, index, variables })
    }

    fn of_text(&self, text: &str) -> Result<Arc<Kept>, Refused> {
        if let Some(kept) = self.cache.of_text(text) {
            return Ok(kept);
        }
        let kept = match self.only_listed {
            true => self.listed.get(&cache::hash(text)).cloned().ok_or_else(not_listed)?,
            false => Arc::new(Kept::new(text, Ready::new(text, self.form)?)),
        };
        self.cache.keep_text(text, &kept);
        Ok(kept)
    }

    /// A client that sends both tells the server to remember the text under its hash.
    fn of_both(&self, text: &str, hash: &str) -> Result<Arc<Kept>, Refused> {
        let hash = read(hash)?;
        let kept = self.of_text(text)?;
        if *kept.hash(text) != hash {
            let message = "the hash is not the SHA-256 of the query";
            return Err(Refused::new(Reason::Malformed, code::PERSISTED_QUERY_HASH_MISMATCH, message, None));
        }
        if !self.only_listed && self.cache.of_hash(&hash).is_none() {
            self.cache.keep_hash(hash, &kept);
        }
        Ok(kept)
    }

    fn of_hash(&self, hash: &Hash) -> Result<Arc<Kept>, Refused> {
        let kept = self.listed.get(hash).cloned().or_else(|| self.cache.of_hash(hash));
        kept.ok_or_else(|| match self.only_listed {
            true => not_listed(),
            // Clients wait for exactly this text.
            false => Refused::new(
                Reason::UnknownHash,
                code::PERSISTED_QUERY_NOT_FOUND,
                "PersistedQueryNotFound",
                None,
            ),
        })
    }
}

fn read(hash: &str) -> Result<Hash, Refused> {
    let bytes = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).ok();
    let hash = bytes.and_then(|it| Hash::try_from(it).ok());
    hash.ok_or_else(|| malformed("the hash is not a SHA-256 in hexadecimal"))
}

fn malformed(message: &str) -> Refused {
    Refused::new(Reason::Malformed, code::BAD_REQUEST, message, None)
}

fn not_listed() -> Refused {
    let message = "only the operations of a list are served here, and this is none of them";
    Refused::new(Reason::NotListed, code::PERSISTED_QUERY_NOT_IN_LIST, message, None)
}

impl Operation {
    /// The request as the executor takes it.
    pub(super) fn into_request(self) -> async_graphql::Request {
        let (executable, is_stub) = self.document.ready.operation(self.index).executable(&self.variables);
        let mut request = async_graphql::Request::new(String::new()).variables(self.variables);
        request.set_parsed_query(executable);
        request.data(Uncut { document: self.document, index: self.index, is_stub })
    }
}

/// In the data of a request: the operation as the client sent it, of which the executor may have a stub.
pub(super) struct Uncut {
    document: Arc<Kept>,
    index: usize,
    is_stub: bool,
}

impl Uncut {
    /// The field at the root with all that is selected of it, where the executor does not have that.
    pub(super) fn field(&self) -> Option<&Positioned<Field>> {
        let field = self.document.ready.operation(self.index).only_field();
        field.filter(|_| self.is_stub)
    }

    /// A field at the root was written at once, in so many bytes.
    pub(super) fn note_written(&self, n_bytes: usize) {
        self.document.ready.operation(self.index).note_written(n_bytes);
    }

    /// How many bytes that had the last time; 0: there was no such time.
    pub(super) fn n_written(&self) -> usize {
        self.document.ready.operation(self.index).n_written()
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.document.ready.operation(self.index).name;
        let mut debug = f.debug_struct("Operation");
        debug.field("kind", &self.kind).field("name", name).field("cost", &self.cost.requested);
        debug.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_once() {
        let documents = Documents::new(Form::Plain, &Manifest::default(), false).expect("nothing is listed");
        let prepare = |query: &str| {
            let asked = Asked { query: Some(query.to_owned()), ..Asked::default() };
            documents.prepare(asked).expect("it fits").document
        };
        let (first, other) = (prepare("{ guide { slug } }"), prepare("{ guide { title } }"));
        assert!(Arc::ptr_eq(&first, &prepare("{ guide { slug } }")));
        assert!(!Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn the_cache_is_bounded() {
        let documents = Documents::new(Form::Plain, &Manifest::default(), false).expect("nothing is listed");
        let text = |n: usize| format!("{{ guide {{ slug }} }} # {n} {}", "x".repeat(60_000));
        for n in 0..40 {
            documents.of_text(&text(n)).expect("it fits");
        }
        let n_kept = (0..40).filter(|it| documents.cache.of_text(&text(*it)).is_some()).count();
        assert!((1..=23).contains(&n_kept), "{n_kept}");
    }

    /// Short texts of 2,000 fields.
    #[test]
    fn the_cache_is_bounded_by_what_documents_become() {
        let documents = Documents::new(Form::Plain, &Manifest::default(), false).expect("nothing is listed");
        let spread = |name: &str| format!("...{name} ").repeat(10);
        let text = |n: usize| {
            format!(
                "{{ guide {{ {} }} }} fragment A on Guide {{ {} }} fragment B on Guide {{ {} }} # {n}",
                spread("A"),
                spread("B"),
                "slug ".repeat(19)
            )
        };
        for n in 0..200 {
            documents.of_text(&text(n)).expect("it fits");
        }
        let n_kept = (0..200).filter(|it| documents.cache.of_text(&text(*it)).is_some()).count();
        assert!((1..=43).contains(&n_kept), "{n_kept}");
    }

    /// Fragments stand where they are spread: texts and chains of them are there as often.
    #[test]
    fn what_fragments_make_of_a_document_is_bounded() {
        let documents = Documents::new(Form::Plain, &Manifest::default(), false).expect("nothing is listed");
        let spread = |name: &str, n: usize| format!("...{name} ").repeat(n);
        let texts = format!(
            "{{ guide {{ ...A }} }} fragment A on Guide {{ {} }} fragment B on Guide {{ {} }} \
             fragment C on Guide {{ course(slug: \"{}\") {{ slug }} }}",
            spread("B", 31),
            spread("C", 31),
            "x".repeat(60_000)
        );
        let chain = |n: usize| format!("fragment C{n} on Guide {{ ...C{} }} ", n + 1);
        let chains = format!(
            "{{ guide {{ ...A }} }} fragment A on Guide {{ {} }} fragment B on Guide {{ {} }} {} fragment C70 on Guide {{ slug }}",
            spread("B", 44),
            spread("C0", 44),
            (0..70).map(chain).collect::<String>()
        );
        for text in [texts, chains] {
            let refused = documents.of_text(&text).expect_err("it is too large");
            assert!(refused.errors[0].message.contains("more than 3 MiB"), "{:?}", refused.errors);
        }
    }
}
