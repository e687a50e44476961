//! Reads YAML into the tree.
//!
//! The parser is `saphyr-parser`: it is maintained, has no unsafe code, follows YAML 1.2, and gives the position of
//! every event and the number of every anchor. `serde_yaml_ng` and `serde_norway` give no positions and are built on
//! `unsafe-libyaml`. `serde-saphyr` needs a newer Rust than this crate. `saphyr` builds a tree, but it copies the
//! target of each alias, and here a line is reported where it stands.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::{Content, Document, Node, Yaml};

/// All aliases of a document may stand for this many nodes in total. So a few lines cannot stand for billions of nodes.
const MOST_ALIASED: usize = 100_000;

/// A text that is not YAML.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) line: usize,
    pub(crate) problem: String,
}

/// Reads all documents of the stream. Documents without content are left out.
pub(crate) fn read(text: &str) -> Result<Vec<Document>, YamlError> {
    let mut documents = Vec::new();
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        let (event, span) = event.map_err(|error| unreadable(&error))?;
        let line = span.start.line().max(1);
        match event {
            Event::DocumentStart(_) => builder = Builder::default(),
            Event::DocumentEnd => {
                let document = std::mem::take(&mut builder).document;
                if !document.root().is_none_or(Yaml::is_null) {
                    documents.push(document);
                }
            }
            Event::Scalar(text, style, anchor, _) => builder.scalar(line, &text, style, anchor),
            Event::SequenceStart(anchor, _) => builder.open(line, Content::Sequence(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => builder.open(line, Content::Mapping(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => builder.close(),
            Event::Alias(anchor) => builder.alias(line, anchor)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
    }
    Ok(documents)
}

fn unreadable(error: &ScanError) -> YamlError {
    YamlError {
        line: error.marker().line().max(1),
        problem: error.info().to_owned(),
    }
}

/// A collection that is not closed yet.
struct Open {
    index: usize,
    anchor: usize,
    /// The key whose value comes next.
    key: Option<usize>,
}

#[derive(Default)]
struct Builder {
    document: Document,
    open: Vec<Open>,
    anchors: HashMap<usize, usize>,
    aliased: usize,
}

impl Builder {
    fn scalar(&mut self, line: usize, text: &str, style: ScalarStyle, anchor: usize) {
        let is_plain = style == ScalarStyle::Plain;
        let content = if is_plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            Content::Null
        } else {
            let text = text.to_owned();
            Content::Scalar { text, is_plain }
        };
        let index = self.push(line, content);
        self.finish(index, anchor);
    }

    fn open(&mut self, line: usize, content: Content, anchor: usize) {
        let index = self.push(line, content);
        let key = None;
        self.open.push(Open { index, anchor, key });
    }

    fn close(&mut self) {
        if let Some(Open { index, anchor, .. }) = self.open.pop() {
            self.finish(index, anchor);
        }
    }

    /// The target is in the list once, whatever the number of its aliases.
    fn alias(&mut self, line: usize, anchor: usize) -> Result<(), YamlError> {
        let error = |problem: &str| {
            let problem = problem.to_owned();
            Err(YamlError { line, problem })
        };
        let Some(&index) = self.anchors.get(&anchor) else {
            return error("an alias stands inside its own anchor");
        };
        self.aliased = self.aliased.saturating_add(self.document.nodes[index].size);
        if self.aliased > MOST_ALIASED {
            return error("the aliases up to here stand for more than 100,000 nodes");
        }
        self.attach(index);
        Ok(())
    }

    fn push(&mut self, line: usize, content: Content) -> usize {
        let size = 1;
        self.document.nodes.push(Node { line, size, content });
        self.document.nodes.len() - 1
    }

    fn finish(&mut self, index: usize, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, index);
        }
        self.attach(index);
    }

    /// Puts a finished node into the collection around it.
    fn attach(&mut self, child: usize) {
        let Some(parent) = self.open.last_mut() else {
            return;
        };
        let size = self.document.nodes[child].size;
        let node = &mut self.document.nodes[parent.index];
        node.size = node.size.saturating_add(size);
        match &mut node.content {
            Content::Sequence(items) => items.push(child),
            Content::Mapping(entries) => match parent.key.take() {
                None => parent.key = Some(child),
                Some(key) => entries.push((key, child)),
            },
            Content::Null | Content::Scalar { .. } => {}
        }
    }
}
