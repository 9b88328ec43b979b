//! Expressions of all languages.

use serde_json::{Value, json};

use super::{Chance, Scene, Words, evaluate, holds, parse};

fn of(text: &str, words: Words, own: &Value) -> Result<Value, String> {
    let expression = parse(text, words).map_err(|(at, said)| format!("{at}: {said}"))?;
    let context = || json!({"execution": {"name": "run"}, "Execution": {"Name": "run"}});
    evaluate(&expression, &Scene::of(own, &context, &Chance::of("")))
        .map_err(|trouble| trouble.to_string())
}

fn first(text: &str) -> Result<Value, String> {
    let own = json!({"has_more": true, "event_id": 4000, "s": "b", "list": [{"n": 1, "p": [1]}, {"n": 2, "p": [2, 3]}]});
    of(text, Words::First, &own)
}

#[test]
fn conditions_of_real_flows() {
    let all = [
        ("$.has_more && ($.event_id >= 4000 || $.a >= $.b)", true),
        ("$.has_more", true),
        ("$.s == \"b\"", true),
        ("$.s == `b`", true),
        ("$.s != 'b'", false),
        ("$.missing == \"ready\"", false),
        ("$.missing != \"ready\"", true),
        ("$.event_id == 4000.0", true),
        ("$.event_id < 4000", false),
        ("$.s > 1", false),
        ("!($.s > \"a\") || false", false),
        ("$input.s==\"b\"&&true", true),
    ];
    for (text, wanted) in all {
        assert_eq!(first(text), Ok(json!(wanted)), "{text}");
    }
}

#[test]
fn paths_lead_to_one_place_or_many() {
    assert_eq!(first("$.list[*].n"), Ok(json!([1, 2])));
    assert_eq!(first("$.list[*].p[*]"), Ok(json!([1, 2, 3])));
    assert_eq!(first("$.list[-1].n"), Ok(json!(2)));
    assert_eq!(first("$.list[0:1]"), Ok(json!([{"n": 1, "p": [1]}])));
    assert_eq!(first("$..n"), Ok(json!([1, 2])));
    assert_eq!(first("$.list[?(@.n > 1)].p"), Ok(json!([[2, 3]])));
    assert_eq!(first("$['s']"), Ok(json!("b")));
    assert_eq!(first("$context.execution.name"), Ok(json!("run")));
    assert_eq!(first("$.list[7].n"), Ok(Value::Null));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let all = [
        ("$.a ==", "6: something is missing at the end"),
        (
            "$Input.a",
            "0: there is no `$Input`; there are $, $input, $local and $context",
        ),
        ("$.a == b", "7: `b` is neither a path nor in quotes"),
        ("($.a", "4: `)` is missing at the end"),
        ("$.", "2: a name is missing after the dot"),
        ("$.a = 1", "4: `=` is not expected here"),
        ("\"a", "2: the closing \" is missing"),
        ("length($.a)", "0: there is no function `length`"),
    ];
    for (text, wanted) in all {
        assert_eq!(first(text), Err(wanted.to_owned()), "{text}");
    }
    let long = format!("$.a{}", " && $.a || $.a".repeat(20_000));
    assert_eq!(first(&long), Ok(json!(false)));
    let deep = "(".repeat(100_000);
    assert!(first(&deep).is_err());
    assert!(first(&"!".repeat(100_000)).is_err());
}

#[test]
fn functions_of_the_second_language() {
    let own = json!({"list": [1, 2, 2], "map": {"a": 1}, "text": "a,b"});
    let all = [
        ("arrayContains($Input.list, 2)", json!(true)),
        ("arrayUnique($Input.list)", json!([1, 2])),
        (
            "format(\"{} and {}\", \"x\", $Input.map)",
            json!("x and {\"a\":1}"),
        ),
        ("fromBase64(\"aGk=\")", json!("hi")),
        ("stringToJson('{\"a\": 1}')", json!({"a": 1})),
        (
            "hash(\"abc\", \"MD5\")",
            json!("900150983cd24fb0d6963f7d28e17f72"),
        ),
        (
            "jsonMerge($Input.map, stringToJson('{\"a\": 2}'))",
            json!({"a": 2}),
        ),
        ("length($Input.text)", json!(3)),
        ("mapKeys($Input.map)", json!(["a"])),
        ("split($Input.text, \",\")", json!(["a", "b"])),
        ("intAdd(1, -3)", json!(-2)),
        ("get($Input.list, 1)", json!(2)),
        ("regexMatchString('a.*c', 'xabcx')", json!(true)),
        ("regexMatchString('^a.c$', 'xabcx')", json!(false)),
        ("regexMatchString('^[a-c]+[0-9]{2}$', 'abc12')", json!(true)),
        (
            "regexMatchString('(?i)^\\d+ [A-Z]\\p{Han}$', '12 a流')",
            json!(true),
        ),
        (
            "length($Input.list) > 2 && arrayContains($Input.list, 1)",
            json!(true),
        ),
    ];
    for (text, wanted) in all {
        assert_eq!(of(text, Words::Second, &own), Ok(wanted), "{text}");
    }
    assert_eq!(
        of("length(1)", Words::Second, &own),
        Err("only lists, maps and texts have a length".to_owned())
    );
    assert!(of("length()", Words::Second, &own).is_err());
}

#[test]
fn lists_and_maps_are_written_in_arguments() {
    let own = json!({"list": [1, 2, 2], "text": "a,b"});
    let all = [
        ("arrayContains([\"Tom\",10],10)", json!(true)),
        ("arrayContains([\"Tom\",10],\"Jack\")", json!(false)),
        ("arrayUnique([1, 2, 3, 1])", json!([1, 2, 3])),
        (
            "jsonMerge({\"name\": \"Tom\", \"age\": 10},{\"name\": \"Tom\", \"address\": \"beijing\"})",
            json!({"name": "Tom", "age": 10, "address": "beijing"}),
        ),
        ("length([1, 2, 3])", json!(3)),
        ("length({\"name\": \"Tom\", \"age\": 10})", json!(2)),
        ("length([[], {}, [{'a': []}]])", json!(3)),
        (
            "toArray([$Input.text, {'n': length($Input.list)}], {})",
            json!([["a,b", {"n": 3}], {}]),
        ),
    ];
    for (text, wanted) in all {
        assert_eq!(of(text, Words::Second, &own), Ok(wanted), "{text}");
    }
    for wrong in ["[1", "[1 2]", "{a: 1}", "{'a' 1}", "{'a': 1", "1 in"] {
        assert!(of(wrong, Words::Second, &own).is_err(), "{wrong}");
    }
    for deep in ["[", "{'a':"] {
        assert!(of(&deep.repeat(100_000), Words::Second, &own).is_err());
    }
}

#[test]
fn identifiers_and_patterns() {
    let own = Value::Null;
    assert_eq!(
        of("regexMatchString('(', 'a')", Words::Second, &own),
        Err("`(` is not a regular expression".to_owned())
    );
    let id = of("uuid()", Words::Second, &own).unwrap();
    let id = id.as_str().unwrap();
    assert_eq!((id.len(), &id[14..15]), (36, "4"));
}

#[test]
fn a_list_has_a_value_and_a_map_a_key() {
    let own = json!({"tags": ["vip", 1], "map": {"in": null}, "k": "in"});
    let all = [
        ("\"vip\" in $Input.tags", true),
        ("\"new\" in $Input.tags", false),
        ("1.0 in $Input.tags && !(2 in $Input.tags)", true),
        ("$Input.k in $Input.map", true),
        ("\"vip\" in $Input.map", false),
        ("\"in\" in {\"in\": $Input.k}", true),
        ("$Input.k in [\"on\", \"in\"]", true),
        ("\"v\" in \"vip\"", false),
        ("1 in $Input.missing", false),
    ];
    for (text, wanted) in all {
        assert_eq!(of(text, Words::Second, &own), Ok(json!(wanted)), "{text}");
    }
    assert_eq!(of("$.k in [`in`]", Words::First, &own), Ok(json!(true)));
    for text in ["States.Array([1])", "States.Array({})"] {
        assert!(of(text, Words::States, &own).is_err(), "{text}");
    }
}

#[test]
fn functions_of_the_states_language() {
    let own = json!({"a": [1, 2, 3, 4, 5], "x": {"y": "z"}});
    let all = [
        (
            "States.Format('Hello {} \\{x\\}', $.x.y)",
            json!("Hello z {x}"),
        ),
        (
            "States.ArrayPartition($.a, 2)",
            json!([[1, 2], [3, 4], [5]]),
        ),
        ("States.ArrayRange(1, 9, 4)", json!([1, 5, 9])),
        ("States.ArrayLength(States.Array($.a, 1))", json!(2)),
        ("States.MathRandom(3, 4)", json!(3)),
        ("States.JsonToString($.x)", json!("{\"y\":\"z\"}")),
        ("$$.Execution.Name", json!("run")),
        ("States.MathAdd(1.49, 1.5)", json!(3)),
        ("States.MathAdd(-1.49, -1.5)", json!(-2)),
        ("States.StringToJson(' ')", Value::Null),
    ];
    for (text, wanted) in all {
        assert_eq!(of(text, Words::States, &own), Ok(wanted), "{text}");
    }
}

#[test]
fn calls_nest_ten_levels() {
    for (words, function) in [(Words::Second, "toArray"), (Words::States, "States.Array")] {
        let nested = |levels: usize| {
            let call = format!("{function}(");
            let text = format!("{}$.a{}", call.repeat(levels), ")".repeat(levels));
            // Side by side they do not add up.
            let text = format!("{function}({text}, {text})");
            let text = text.replace("$.a", if words == Words::Second { "1" } else { "$.a" });
            of(&text, words, &json!({"a": 1}))
        };
        assert!(nested(9).is_ok());
        let at = 10 * (function.len() + 1);
        let said = format!("{at}: functions nest deeper than 10 levels");
        assert_eq!(nested(10), Err(said));
    }
}

#[test]
fn the_states_language_takes_paths_and_functions_only() {
    let own = json!({"a": 1});
    for text in ["$.a == 1", "!$.a", "'a'", "1", "States.Array($.a == 1)"] {
        assert!(of(text, Words::States, &own).is_err(), "{text}");
    }
    assert!(of(&"States.Array(".repeat(10_000), Words::States, &own).is_err());
    let filter = of(
        "$.l[?(@.n > 1)].n",
        Words::States,
        &json!({"l": [{"n": 1}, {"n": 2}]}),
    );
    assert_eq!(filter, Ok(json!([2])));
    let dotted = of(
        "$.[?(@.n > 1)].['n']",
        Words::States,
        &json!([{"n": 1}, {"n": 2}]),
    );
    assert_eq!(dotted, Ok(json!([2])));
}

#[test]
fn each_draw_differs_and_each_row_is_the_same() {
    let row = || {
        of(
            "States.Array(States.UUID(), States.UUID())",
            Words::States,
            &Value::Null,
        )
        .unwrap()
    };
    assert_ne!(row()[0], row()[1]);
    assert_eq!(row(), row());
}

#[test]
fn only_true_holds() {
    let expression = parse("$.x", Words::First).unwrap();
    let context = || Value::Null;
    for (x, wanted) in [
        (json!(true), true),
        (json!(1), false),
        (json!("true"), false),
    ] {
        assert_eq!(
            holds(
                &expression,
                &Scene::of(&json!({"x": x}), &context, &Chance::of(""))
            ),
            Ok(wanted)
        );
    }
}
