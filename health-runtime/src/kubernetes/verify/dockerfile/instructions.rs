//! Splits a Dockerfile into its instructions.

/// An instruction on one line, without comments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    /// In capital letters.
    pub(super) name: String,
    pub(super) rest: String,
    /// The line on which it begins.
    pub(super) line: usize,
}

/// The instructions, in the order of the text. The content of here-documents is left out.
pub(super) fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape(text);
    let mut lines = text.lines().enumerate();
    let mut found = Vec::new();
    while let Some((number, first)) = lines.next() {
        if is_comment(first) || first.trim().is_empty() {
            continue;
        }
        let mut whole = String::new();
        let mut line = first;
        loop {
            let trimmed = line.trim_end();
            let Some(begin) = trimmed.strip_suffix(escape) else {
                whole.push_str(trimmed);
                break;
            };
            whole.push_str(begin);
            // Comments and empty lines may stand inside an instruction.
            let next = lines
                .by_ref()
                .map(|(_, line)| line)
                .find(|line| !is_comment(line) && !line.trim().is_empty());
            match next {
                Some(next) => line = next,
                None => break,
            }
        }
        let trimmed = whole.trim();
        let (name, rest) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
        let name = name.to_ascii_uppercase();
        for end in here_documents(&name, rest) {
            let _ = lines.by_ref().find(|(_, line)| line.trim_start_matches('\t') == end);
        }
        let rest = rest.trim_start().to_owned();
        let line = number + 1;
        found.push(Instruction { name, rest, line });
    }
    found
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The sign that continues a line: `\`, unless the first lines set another.
fn escape(text: &str) -> char {
    let directives = text.lines().take_while(|line| is_comment(line));
    let mut escapes = directives.filter_map(|line| {
        let (key, value) = line.trim_start().trim_start_matches('#').split_once('=')?;
        (key.trim().eq_ignore_ascii_case("escape")).then(|| value.trim())
    });
    if escapes.next() == Some("`") { '`' } else { '\\' }
}

/// The words that end the here-documents of an instruction.
fn here_documents(name: &str, rest: &str) -> Vec<String> {
    if !matches!(name, "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let starts = rest.split_whitespace().filter_map(|word| word.split_once("<<"));
    let ends = starts.map(|(_, end)| end.trim_start_matches('-').trim_matches(['"', '\'']));
    ends.filter(|end| !end.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, String, usize)> {
        let all = instructions(text).into_iter();
        all.map(|instruction| (instruction.name, instruction.rest, instruction.line))
            .collect()
    }

    #[test]
    fn an_instruction_may_go_on_after_comments_and_empty_lines() {
        let text = "FROM scratch\nhealthcheck --interval=1s \\\n  # why\n\n  CMD [\"/app\"]\n";
        let expected = [
            ("FROM".into(), "scratch".into(), 1),
            ("HEALTHCHECK".into(), "--interval=1s   CMD [\"/app\"]".into(), 2),
        ];
        assert_eq!(names(text), expected);
    }

    #[test]
    fn a_here_document_has_no_instructions() {
        let text = "FROM scratch\nRUN <<-EOF cat\n\tHEALTHCHECK NONE\n\tEOF\nUSER app\n";
        let found: Vec<_> = names(text).into_iter().map(|found| found.0).collect();
        assert_eq!(found, ["FROM", "RUN", "USER"]);
    }

    #[test]
    fn the_first_lines_may_set_the_sign_that_continues_a_line() {
        let text = "# escape=`\nFROM scratch\nCMD `\n  C:\\app\\\n";
        assert_eq!(names(text)[1], ("CMD".into(), "C:\\app\\".into(), 3));
    }

    #[test]
    fn a_text_without_an_end_is_no_problem() {
        instructions("FROM a \\");
        instructions("RUN <<EOF\nno end");
        instructions("\\");
    }
}
