//! Any text as an expression, between texts and alone, in a manifest that has something to refer to.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

const BEFORE: &str = "\
edition: 3.0.0
name: app
vars: {a: x, n: 1, f: false, z: null, o: {k: v, 'd.e': [1, 2]}, l: [x, y], r: '${vars.a}', s: ' ${vars.l} '}
resources:
  other: {component: fc3, props: {region: cn-hangzhou, q: 7, w: '${this.props.q}', out: '${resources.fuzzed.output.arn}'}}
  fuzzed:
    component: fc3
    props:
      n: {m: 1}
      p: ";

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Corpus::Reject;
    };
    for text in [format!("${{{text}}}"), format!("a{text}${{{text}}}")] {
        sdev_fuzz::check(&format!("{BEFORE}{}\n", quoted(&text)));
    }
    Corpus::Keep
});

/// The text in double quotes, so that YAML leaves it as it is.
fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\u{20}'..='\u{7e}' => c.to_string(),
        c => format!("\\U{:08x}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}
