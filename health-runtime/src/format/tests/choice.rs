//! The format for a header `Accept`.

use proptest::prelude::*;

use crate::format::Format;

/// What a browser gets.
#[cfg(feature = "page")]
const BROWSER: Format = Format::Page;
#[cfg(not(feature = "page"))]
const BROWSER: Format = Format::Json;

#[test]
fn a_header_gets_the_format_that_suits_it_best() {
    let table = [
        // Each format by its own type.
        ("application/json", Format::Json),
        ("text/plain", Format::Text),
        ("application/health+json", Format::HealthJson),
        ("application/vnd.spring-boot.actuator.v3+json", Format::Spring),
        // What clients send.
        ("text/plain, text/*, */*", Format::Text), // Consul
        ("*/*", Format::Json),                     // the kubelet, curl
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            BROWSER,
        ),
        (
            "application/vnd.spring-boot.actuator.v3+json, application/vnd.spring-boot.actuator.v2+json, \
             application/json",
            Format::Spring,
        ),
        // Parameters and case do not count.
        ("application/json;charset=utf-8", Format::Json),
        ("text/plain; version=0.0.4; q=0.9, application/json;q=0.2", Format::Text),
        ("TEXT/PLAIN", Format::Text),
        // The weight counts first, then how exactly the format is named, then the place.
        ("text/plain;q=0.4, application/json;q=0.5", Format::Json),
        ("text/plain;q=0.501, application/json;q=0.5", Format::Text),
        ("text/plain;q=0.5, application/json;q=0.5", Format::Text),
        ("application/json, text/plain", Format::Json),
        ("text/plain, application/json", Format::Text),
        ("application/*, text/plain", Format::Text),
        ("*/*, text/plain", Format::Text),
        ("text/plain;q=0.9, */*", Format::Json),
        ("application/*", Format::Json),
        ("text/*", Format::Text),
        ("text/*;q=0.1, */*;q=0.2", Format::Json),
        // The entry that names a format most exactly decides about it.
        ("application/json;q=0, */*", Format::Text),
        ("application/json;q=0, text/plain;q=0, */*;q=0.1", Format::HealthJson),
        ("*/*;q=0, text/plain;q=0.1", Format::Text),
        ("text/*;q=0, text/plain;q=0.1", Format::Text),
        ("text/plain;q=0, text/plain", Format::Json),
        // A client that accepts none of them gets JSON.
        ("", Format::Json),
        ("image/png", Format::Json),
        ("application/json;q=0", Format::Json),
        ("*/*;q=0", Format::Json),
        ("application/problem+json", Format::Json),
        ("application/vnd.spring-boot.actuator.v2+json", Format::Json),
        ("text/plainer", Format::Json),
        ("health+json", Format::Json),
        // A weight that is no number refuses. One that is too large or too small counts as 1 or 0.
        ("text/plain;q=x, application/json;q=0.1", Format::Json),
        ("text/plain;q=nan", Format::Json),
        ("text/plain;q=-1", Format::Json),
        ("text/plain;q=9, application/json;q=0.9", Format::Text),
        // An entry that cannot be read is passed over.
        ("/, ;;, \"text/plain, text/plain", Format::Json),
        ("text, ;q=1, text/plain", Format::Text),
        (",,, text/plain ,,", Format::Text),
    ];
    for (accept, format) in table {
        assert_eq!(Format::accepted(accept), format, "{accept}");
    }
}

#[test]
fn a_header_with_more_than_64_entries_gets_json() {
    let header = |count: usize| vec!["image/png"; count - 1].join(",") + ",text/plain";
    assert_eq!(Format::accepted(&header(64)), Format::Text);
    assert_eq!(Format::accepted(&header(65)), Format::Json);
    assert_eq!(Format::accepted(&header(100_000)), Format::Json);
}

/// Something that a header may contain.
fn piece() -> impl Strategy<Value = String> {
    let known: &'static [&str] = &[
        "application/json",
        "text/plain",
        "text/*",
        "*/*",
        "application/health+json",
        ";q=",
        "0.5",
        "0",
        "1",
        ",",
        ";",
        "\"",
        "\\",
        " ",
        "\t",
        "/",
        "*",
        "+",
        "q",
        "ä",
        "\u{0}",
    ];
    prop_oneof![
        4 => proptest::sample::select(known).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #[test]
    fn any_header_gets_an_answer(pieces in proptest::collection::vec(piece(), 0..40)) {
        let format = Format::accepted(&pieces.concat());
        prop_assert!(Format::NEGOTIATED.contains(&format));
    }

    #[test]
    fn the_order_of_entries_with_different_weights_does_not_count(text in 0..=1000_u16, json in 0..=1000_u16) {
        prop_assume!(text != json);
        let weight = |thousandths: u16| format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
        let (text, json) = (format!("text/plain;q={}", weight(text)), format!("application/json;q={}", weight(json)));
        prop_assert_eq!(Format::accepted(&format!("{text},{json}")), Format::accepted(&format!("{json}, {text}")));
    }
}
