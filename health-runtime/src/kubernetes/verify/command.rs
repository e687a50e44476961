//! Reads the command of a probe: the service's own `--probe`, or a client such as `curl`.

use std::time::Duration;

use super::finding::shown;
use super::question::Problem;
use super::rule::Rule;
use crate::probe::ARGUMENT;

/// Clients that ask something even if their arguments have no URL.
const CLIENTS: [&str; 3] = ["curl", "wget", "grpc_health_probe"];

const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];

/// What a command does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// The service's own `--probe`. Without a URL, it asks the one in the code.
    Own { url: Option<&'a str> },
    /// A client or a script, the URL that it asks, and whether it fails if the answer is 503.
    Client {
        name: &'a str,
        url: Option<&'a str>,
        fails: bool,
    },
    /// A command in which no URL stands.
    Other,
}

/// Reads a command, given as its words.
pub(super) fn read<'a>(words: &[&'a str]) -> Command<'a> {
    let words = unwrapped(words);
    let own = words.iter().position(|word| *word == ARGUMENT);
    // The service must be the command itself: `exit_if_asked` looks at its first argument.
    if own == Some(1) {
        let url = words.get(2).copied().filter(|word| !is_operator(word));
        return Command::Own { url };
    }
    let Some(first) = words.first() else {
        return Command::Other;
    };
    let name = first.rsplit('/').next().unwrap_or_default();
    let arguments = words[1..].iter().take_while(|word| !is_operator(word));
    let arguments: Vec<&str> = arguments.copied().collect();
    let url = arguments.iter().find_map(|word| url(word));
    if url.is_none() && !CLIENTS.contains(&name) {
        return Command::Other;
    }
    let fails = name != "curl" || arguments.iter().any(|word| is_fail(word));
    Command::Client { name, url, fails }
}

/// The URL in a word. It may stand in the code of a script, such as `urlopen('http://localhost/livez')`.
fn url(word: &str) -> Option<&str> {
    let begin = word.find("http://").or_else(|| word.find("https://"));
    match begin {
        Some(begin) => word[begin..].split(['\'', '"', '`', ')', ',', ';']).next(),
        None => is_host_and_path(word).then_some(word),
    }
}

/// The words of the command inside `sh -c "…"`, or those given.
fn unwrapped<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let is_shell = words
        .first()
        .is_some_and(|first| SHELLS.contains(&first.rsplit('/').next().unwrap_or_default()));
    match words {
        [_, flag, script] if is_shell && flag.starts_with('-') && flag.ends_with('c') => split(script),
        _ => words.to_vec(),
    }
}

/// The words of a shell command, without its quotes. `exec` changes nothing.
pub(super) fn split(script: &str) -> Vec<&str> {
    let words = script
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'', ';']));
    words.skip_while(|word| *word == "exec").collect()
}

fn is_operator(word: &str) -> bool {
    matches!(word, "||" | "&&" | "|" | ";" | ">" | "2>&1") || word.starts_with('>')
}

/// `curl` takes a URL without a scheme, such as `localhost:8080/livez`.
fn is_host_and_path(word: &str) -> bool {
    !word.starts_with(['-', '/']) && (word.starts_with("localhost") || word.starts_with("127.0.0.1"))
}

/// `--fail`, `--fail-with-body`, `-f`, or `f` among short flags such as `-sSf`.
fn is_fail(word: &str) -> bool {
    let is_short = word.starts_with('-') && !word.starts_with("--");
    word.starts_with("--fail") || is_short && word.contains('f')
}

/// The path and query of a URL that asks this container over plain HTTP, or what is wrong with it.
pub(super) fn path(url: &str) -> Result<&str, Problem> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if !scheme.eq_ignore_ascii_case("http") {
        let message = format!(
            "asks `{}`, but the service answers plain HTTP; write `http://`",
            shown(url)
        );
        return Err((Rule::ProbeScheme, message));
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    };
    let is_local = matches!(host, "localhost" | "[::1]" | "0.0.0.0") || host.starts_with("127.") || host.contains('$');
    if !is_local {
        let message = format!(
            "asks the host `{}`, but the command runs inside the container; write `localhost`",
            shown(host)
        );
        return Err((Rule::ProbeHost, message));
    }
    Ok(if path.is_empty() { "/" } else { path })
}

/// How long the command sleeps: `sleep 5`, also inside of `sh -c`.
pub(super) fn sleep(words: &[&str]) -> Option<Duration> {
    let words = unwrapped(words);
    // How long a loop sleeps is not known.
    if words.iter().any(|word| matches!(*word, "while" | "until" | "for")) {
        return None;
    }
    let at = words.iter().position(|word| word.rsplit('/').next() == Some("sleep"))?;
    let amount = words.get(at + 1)?;
    let (number, unit) = match amount.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, &amount[number.len()..]),
        None => (*amount, "s"),
    };
    let seconds: f64 = number
        .parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)?;
    let factor = match unit {
        "m" => 60.0,
        "h" => 3600.0,
        _ => 1.0,
    };
    Duration::try_from_secs_f64(seconds * factor).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<&str> {
        command.split(',').collect()
    }

    #[test]
    fn a_command_is_the_own_probe_a_client_or_neither() {
        let client = |name, url, fails| Command::Client { name, url, fails };
        let livez = Some("http://localhost:3000/livez");
        for (command, expected) in [
            ("/app,--probe", Command::Own { url: None }),
            ("/app,--probe,http://localhost:3000/livez", Command::Own { url: livez }),
            (
                "sh,-c,/app --probe http://localhost:3000/livez || exit 1",
                Command::Own { url: livez },
            ),
            ("sh,-c,exec /app --probe", Command::Own { url: None }),
            ("/app,serve,--probe", Command::Other),
            ("curl,-sSf,http://localhost:3000/livez", client("curl", livez, true)),
            ("curl,http://localhost:3000/livez", client("curl", livez, false)),
            (
                "/usr/bin/curl,--fail,localhost:3000/livez",
                client("curl", Some("localhost:3000/livez"), true),
            ),
            (
                "bash,-c,wget -qO- http://localhost:3000/livez >/dev/null",
                client("wget", livez, true),
            ),
            (
                "podcli,check,http,localhost:9898/livez",
                client("podcli", Some("localhost:9898/livez"), true),
            ),
            (
                "sh,-c,python3 -c \"urlopen('http://localhost:3000/livez')\"",
                client("python3", livez, true),
            ),
            ("node,health.js", Command::Other),
            ("wget", client("wget", None, true)),
            ("cat,/tmp/healthy", Command::Other),
            ("sh,-c,pgrep app", Command::Other),
            ("sh", Command::Other),
            ("", Command::Other),
        ] {
            assert_eq!(read(&words(command)), expected, "{command}");
        }
        assert_eq!(read(&[]), Command::Other);
    }

    #[test]
    fn a_url_must_ask_this_container_over_plain_http() {
        assert_eq!(path("http://localhost:3000/livez?x=1"), Ok("/livez?x=1"));
        assert_eq!(path("127.0.0.1:3000"), Ok("/"));
        assert_eq!(path("http://[::1]:3000/a"), Ok("/a"));
        assert_eq!(path("http://localhost:${PORT}/a"), Ok("/a"));
        assert_eq!(path("http://$HOST/a"), Ok("/a"));
        assert_eq!(
            path("https://localhost/a").map_err(|problem| problem.0),
            Err(Rule::ProbeScheme)
        );
        assert_eq!(
            path("http://orders:3000/a").map_err(|problem| problem.0),
            Err(Rule::ProbeHost)
        );
    }

    #[test]
    fn a_sleep_is_found_in_a_command_and_in_a_shell() {
        let seconds = |command| sleep(&words(command)).map(|time| time.as_secs());
        assert_eq!(seconds("sleep,5"), Some(5));
        assert_eq!(seconds("/bin/sleep,1m"), Some(60));
        assert_eq!(seconds("/bin/sh,-c,sleep 15; kill -QUIT 1"), Some(15));
        assert_eq!(seconds("sh,-c,nginx -s quit"), None);
        assert_eq!(seconds("sh,-c,while pidof app; do sleep 1; done"), None);
        assert_eq!(seconds("sleep,-1"), None);
        assert_eq!(seconds("sleep,inf"), None);
        assert_eq!(seconds("sleep"), None);
    }
}
