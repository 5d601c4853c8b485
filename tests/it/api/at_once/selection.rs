//! Valid queries made up at random from the schema: fields, aliases, fragments, conditions, and the
//! same things again.

use std::collections::BTreeMap;

use apollo_compiler::{
    Node, Schema,
    schema::{ExtendedType, FieldDefinition},
};

/// Where queries come from.
pub struct Selections {
    schema: Schema,
    state: u64,
    fragments: Vec<String>,
}

/// How deep selections are nested below their root.
const MAX_DEPTH: usize = 5;

impl Selections {
    /// Over a schema; the same seed, the same queries.
    pub fn of(sdl: &str, seed: u64) -> Self {
        let bare: String = sdl.split("\"\"\"").step_by(2).collect();
        let sdl: String = bare.split_inclusive('\n').filter(|it| !is_built_in(it)).collect();
        let schema = Schema::parse(sdl, "schema.graphql").expect("a schema");
        Self { schema, state: seed, fragments: vec![] }
    }

    /// One query.
    pub fn query(&mut self) -> String {
        let roots = [
            ("guide", "Guide"),
            ("learner(by: { externalId: \"amara\" })", "Learner"),
            ("learner(by: { externalId: \"nobody\" })", "Learner"),
            ("learners(first: 3, orderBy: { field: NAME })", "LearnerConnection"),
            ("whatIf(learner: { externalId: \"dana\" }, steps: [{ waive: \"sql.joins\" }])", "Readiness"),
            ("nodes(ids: [\"dWJhY2tlbmQtMjAyNg\", \"c25vZGVqcw\", \"bXNxbA\"])", "Node"),
        ];
        let (root, of) = roots[self.below(roots.len())];
        self.fragments.clear();
        let selected = self.selection(of, MAX_DEPTH);
        let again = match self.below(4) {
            0 => format!("{root} {{ {} }}", self.selection(of, 2)),
            _ => String::new(),
        };
        let fragments = self.fragments.join("\n");
        format!(
            "query($yes: Boolean!, $no: Boolean!) {{ {root} @include(if: $yes) {{ {selected} x: __typename }} {again} z: guide @skip(if: $no) {{ slug }} }}\n{fragments}"
        )
    }

    fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % n as u64) as usize
    }

    fn selection(&mut self, of: &str, depth: usize) -> String {
        let fields = self.fields(of);
        let n = 1 + self.below(4);
        let mut selected: Vec<_> = (0..n).filter_map(|_| self.some_field(&fields, depth)).collect();
        selected.push("__typename".to_owned());
        if depth > 0 {
            selected.extend(self.fragment(of, depth - 1));
        }
        selected.join(" ")
    }

    fn some_field(
        &mut self,
        fields: &BTreeMap<String, Node<FieldDefinition>>,
        depth: usize,
    ) -> Option<String> {
        let place = self.below(fields.len());
        let (name, field) = fields.iter().nth(place).expect("below the number of them");
        let arguments = self.arguments(name, field);
        let of = field.ty.inner_named_type().as_str().to_owned();
        let is_leaf =
            matches!(self.schema.types[of.as_str()], ExtendedType::Scalar(_) | ExtendedType::Enum(_));
        let below = match (is_leaf, depth) {
            (true, _) => String::new(),
            (false, 0) => return None,
            (false, _) => format!("{{ {} }}", self.selection(&of, depth - 1)),
        };
        // What differs in its arguments must differ in its key.
        let key: String = arguments.chars().filter(char::is_ascii_alphanumeric).collect();
        let alias = match (key.is_empty(), self.below(5)) {
            (true, 0) => format!("a_{name}: "),
            (true, _) => String::new(),
            (false, _) => format!("{name}_{key}: "),
        };
        let condition =
            ["", "", "", "@include(if: $yes)", "@skip(if: $no)", "@skip(if: $yes)"][self.below(6)];
        Some(format!("{alias}{name}{arguments} {condition} {below}"))
    }

    fn fragment(&mut self, of: &str, depth: usize) -> Option<String> {
        let on = match of {
            "Node" => ["Guide", "Stack", "Milestone", "Node"][self.below(4)],
            _ => of,
        };
        let selected = |it: &mut Self| it.selection(on, depth);
        Some(match self.below(6) {
            0 => format!("... on {on} {{ {} }}", selected(self)),
            1 if on == of => format!("... @include(if: $yes) {{ {} }}", selected(self)),
            2 => {
                let selected = selected(self);
                let name = format!("F{}", self.fragments.len());
                self.fragments.push(format!("fragment {name} on {on} {{ {selected} }}"));
                format!("...{name} ...{name}")
            }
            3 if self.is_node(of) => "... on Node { id }".to_owned(),
            _ => return None,
        })
    }

    fn is_node(&self, of: &str) -> bool {
        matches!(&self.schema.types[of], ExtendedType::Object(it) if it.implements_interfaces.contains("Node"))
    }

    fn fields(&self, of: &str) -> BTreeMap<String, Node<FieldDefinition>> {
        let fields = match &self.schema.types[of] {
            ExtendedType::Object(it) => &it.fields,
            ExtendedType::Interface(it) => &it.fields,
            other => panic!("{} has no fields", other.name()),
        };
        fields.iter().map(|(name, it)| (name.to_string(), it.node.clone())).collect()
    }

    fn arguments(&mut self, name: &str, field: &FieldDefinition) -> String {
        let given = match name {
            "stack" | "course" | "milestone" if !field.arguments.is_empty() => {
                ["(slug: \"sql\")", "(slug: \"nodejs\")", "(slug: \"cicd-automation\")"][self.below(3)]
            }
            "levelsAt" => ["(years: 2)", "(years: 0)"][self.below(2)],
            "levelsPaying" => "(base: 90000)",
            "pay" => {
                ["(level: \"junior\", modifiers: [])", "(level: \"none\", modifiers: [])"][self.below(2)]
            }
            "stackAdvice" => "(situations: [DATA_WORK, RAW_PERFORMANCE])",
            "goals" => ["", "(status: ACTIVE)", "(status: ABANDONED)"][self.below(3)],
            "nextSteps" => ["", "(first: 1)", "(first: 200)"][self.below(3)],
            "faq" => ["", "(search: \"sql\")"][self.below(2)],
            "readiness" => ["", "", "(asOf: \"2025-12-20T00:00:00Z\")"][self.below(3)],
            _ => "",
        };
        given.to_owned()
    }
}

/// GraphQL's own directives need not be defined, and what async-graphql says of some is out of date.
fn is_built_in(line: &str) -> bool {
    let built_in = ["@skip", "@include", "@deprecated", "@specifiedBy", "@oneOf"];
    built_in.iter().any(|it| line.starts_with(&format!("directive {it}")))
}
