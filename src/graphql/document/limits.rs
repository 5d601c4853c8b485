//! How much a document may hold. They are kept before anything executes, most of them before anything is
//! validated, so that no document costs more than reading it.

/// How many bytes a document may have.
pub const MAX_BYTES: usize = 64 * 1024;
/// How many names, numbers, texts and signs.
pub const MAX_TOKENS: usize = 10_000;
/// How deep brackets of any kind may stand within each other.
pub const MAX_NESTING: usize = 40;
/// How deep fields may be selected within fields.
pub const MAX_DEPTH: usize = 15;
/// How deep fields, fragments and spreads together may be selected within each other.
pub const MAX_LEVELS: usize = 80;
/// How many fields an operation may select, fragments expanded.
pub const MAX_FIELDS: usize = 2_000;
/// How many fields the operations of a document may select together, fragments expanded.
pub const MAX_ALL_FIELDS: usize = 4_000;
/// How many bytes the operations of a document may become in memory, about, fragments in their places. Without
/// fragments none reaches this within the other limits.
pub const MAX_EXPANDED: usize = 3 * 1024 * 1024;
/// How many fields an operation may select at its root, fragments expanded.
pub const MAX_ROOT_FIELDS: usize = 30;
/// How many aliases a document may have.
pub const MAX_ALIASES: usize = 50;
/// How many directives a document may have.
pub const MAX_DIRECTIVES: usize = 50;
/// How many fragments a document may define.
pub const MAX_FRAGMENTS: usize = 100;
/// How many operations a document may define.
pub const MAX_OPERATIONS: usize = 20;
/// How many variables an operation may declare.
pub const MAX_VARIABLES: usize = 100;
/// How many items the lists of a document may have together, and likewise those of the variables.
pub const MAX_ITEMS: usize = 1_000;
/// What an operation may cost, see `@cost` and `@listSize` in the schema.
pub const MAX_COST: u64 = 20_000;
/// How many errors an answer names; more help nobody.
pub const MAX_ERRORS: usize = 20;
