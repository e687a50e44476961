//! A tree of YAML in which every node has its line.

mod reader;

pub(super) use self::reader::{YamlError, read};

/// The key that takes over the entries of another mapping. YAML 1.2 does not have it, but `kubectl` and Compose do.
const MERGE: &str = "<<";

/// A document. The nodes are in one list, so that a deep document needs no deep recursion.
#[derive(Debug, Default)]
pub(super) struct Document {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    line: usize,
    /// How many nodes this one stands for, with everything below it.
    size: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Null,
    Scalar { text: String, is_plain: bool },
    Sequence(Vec<usize>),
    Mapping(Vec<(usize, usize)>),
}

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Yaml<'a> {
    document: &'a Document,
    index: usize,
}

impl Document {
    pub(super) fn root(&self) -> Option<Yaml<'_>> {
        (!self.nodes.is_empty()).then_some(Yaml {
            document: self,
            index: 0,
        })
    }

    /// The line of the first mapping whose key is a mapping. In a manifest, this is `{{ … }}` of a template.
    pub(super) fn mapping_as_key(&self) -> Option<usize> {
        let mappings = self.nodes.iter().filter_map(|node| match &node.content {
            Content::Mapping(entries) => Some(entries),
            _ => None,
        });
        let keys = mappings.flatten().map(|(key, _)| &self.nodes[*key]);
        let mut keys = keys.filter(|key| matches!(key.content, Content::Mapping(_)));
        keys.next().map(|key| key.line)
    }
}

impl<'a> Yaml<'a> {
    fn of(self, index: usize) -> Self {
        Self { index, ..self }
    }

    fn node(self) -> &'a Node {
        &self.document.nodes[self.index]
    }

    pub(super) fn line(self) -> usize {
        self.node().line
    }

    pub(super) fn is_null(self) -> bool {
        matches!(self.node().content, Content::Null)
    }

    /// The text of a scalar, also of a number.
    pub(super) fn text(self) -> Option<&'a str> {
        match &self.node().content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar that is not in quotes: only such a scalar can be a number or `true`.
    pub(super) fn plain(self) -> Option<&'a str> {
        match &self.node().content {
            Content::Scalar { text, is_plain: true } => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_true(self) -> bool {
        matches!(self.plain(), Some("true" | "True" | "TRUE"))
    }

    pub(super) fn items(self) -> impl Iterator<Item = Self> {
        let items = match &self.node().content {
            Content::Sequence(items) => items.as_slice(),
            _ => &[],
        };
        items.iter().map(move |index| self.of(*index))
    }

    /// The keys and values of a mapping, without those that it takes over from another one.
    pub(super) fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        let entries = match &self.node().content {
            Content::Mapping(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(move |(key, value)| (self.of(*key), self.of(*value)))
    }

    /// The value of the key. An entry of the mapping itself counts before one that it takes over. `null` is no value.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.find(key).filter(|value| !value.is_null())
    }

    fn find(self, key: &str) -> Option<Self> {
        let own = self.entries().find(|(name, _)| name.text() == Some(key));
        if let Some((_, value)) = own {
            return Some(value);
        }
        let merged = self.entries().filter(|(name, _)| name.plain() == Some(MERGE));
        merged
            .map(|(_, value)| value)
            .find_map(|value| match value.node().content {
                Content::Sequence(_) => value.items().find_map(|item| item.find(key)),
                _ => value.find(key),
            })
    }

    /// The value at the end of these keys.
    pub(super) fn at(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |yaml, key| yaml.get(key))
    }

    /// Every scalar at or below this node. Aliases may repeat some.
    pub(super) fn scalars(self) -> Vec<Self> {
        let (mut found, mut left) = (Vec::new(), vec![self]);
        while let Some(yaml) = left.pop() {
            match &yaml.node().content {
                Content::Null => {}
                Content::Scalar { .. } => found.push(yaml),
                Content::Sequence(_) => left.extend(yaml.items()),
                Content::Mapping(_) => left.extend(yaml.entries().flat_map(|(key, value)| [key, value])),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Document {
        let mut documents = read(text).expect("it is YAML");
        assert_eq!(documents.len(), 1);
        documents.remove(0)
    }

    #[test]
    fn every_node_has_its_line() {
        let document = one("# a comment\na:\n  - b: 1\n    c: 2\n");
        let root = document.root().expect("it has content");
        let item = root.get("a").and_then(|a| a.items().next()).expect("it has an item");
        assert_eq!(item.get("c").map(|c| (c.line(), c.text())), Some((4, Some("2"))));
    }

    #[test]
    fn documents_without_content_are_left_out() {
        let documents = read("---\n# nothing\n---\na: 1\n---\n...\n---\nb: 2\n").expect("it is YAML");
        assert_eq!(documents.len(), 2);
    }

    #[test]
    fn an_alias_and_a_merge_stand_for_their_anchor() {
        let document = one("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [{z: 4}, *a]}\n");
        let root = document.root().expect("it has content");
        let text = |keys: &[&str]| root.at(keys).and_then(Yaml::text);
        assert_eq!(text(&["b", "y"]), Some("2"));
        assert_eq!((text(&["c", "x"]), text(&["c", "y"])), (Some("1"), Some("3")));
        assert_eq!((text(&["d", "z"]), text(&["d", "x"])), (Some("4"), Some("1")));
    }

    #[test]
    fn a_few_lines_of_aliases_cannot_stand_for_billions_of_nodes() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            text.extend([format!("a{level}: &a{level} [{below}]\n")]);
        }
        let error = read(&text).expect_err("it is refused");
        assert!(error.problem.contains("100,000"), "{error:?}");
    }

    #[test]
    fn an_alias_inside_its_own_anchor_is_an_error() {
        assert!(read("a: &a [1, *a]\n").is_err());
        assert!(read("a: *b\n").is_err());
    }

    #[test]
    fn a_deep_document_does_not_overflow_the_stack() {
        let _ = read(&"[".repeat(100_000));
        let _ = read(&"- ".repeat(100_000));
        let nested: Vec<_> = (0..3_000).map(|depth| format!("{}a:", " ".repeat(depth))).collect();
        let _ = read(&nested.join("\n"));
    }
}
