//! Paths of the States Language that the other languages lack.

use serde_json::{Value, json};

use super::{Chance, Scene, Words, evaluate, parse};

fn read(text: &str, own: &Value) -> Result<Value, String> {
    let expression = parse(text, Words::States).map_err(|(at, said)| format!("{at}: {said}"))?;
    let (context, chance) = (|| json!({"l": [1, 2]}), Chance::of(""));
    let mut scene = Scene::of(own, &context, &chance);
    scene.is_strict = true;
    evaluate(&expression, &scene).map_err(|trouble| trouble.to_string())
}

fn check(own: &Value, all: &[(&str, Value)]) {
    for (text, wanted) in all {
        assert_eq!(read(text, own), Ok(wanted.clone()), "{text}");
    }
}

#[test]
fn several_names_make_one_object_at_the_end_and_many_places_before_it() {
    let own =
        json!({"o": {"a": 1, "b": {"n": 2}, "c": null}, "l": [{"a": 1, "c": 3}, {"a": 2}, 7]});
    check(
        &own,
        &[
            ("$.o['a','c']", json!({"a": 1, "c": null})),
            ("$.o[ 'c' , \"a\" ]", json!({"c": null, "a": 1})),
            ("$.o.['a','none']", json!({"a": 1})),
            ("$.o['no','none']", json!({})),
            ("$.l[*].['a', 'c']", json!([{"a": 1, "c": 3}, {"a": 2}])),
            ("$.l[?(@.a == 2)]['a','c']", json!([{"a": 2}])),
            ("$.o['a','b'].n", json!([2])),
            ("$['o','l'][0]['a','c']", json!([{"a": 1, "c": 3}])),
        ],
    );
    for nowhere in ["$.no['a','b']", "$.o.a['a','b']", "$.l['a','c']"] {
        assert!(read(nowhere, &own).unwrap_err().contains("leads nowhere"));
    }
    assert_eq!(
        read("$.o['a',]", &own),
        Err("8: a name in quotes is missing after the comma".to_owned())
    );
}

#[test]
fn lengths_are_those_of_lists_and_objects() {
    let own = json!({"l": [[1, 2], {"a": 1}, "xyz"], "m": {"x": [0], "y": 2}, "text": "four", "length": 9});
    check(
        &own,
        &[
            ("$.l.length()", json!(3)),
            ("$.m['x'].length()", json!(1)),
            ("$.m.length()", json!(2)),
            ("$.length()", json!(4)),
            ("$$.l.length()", json!(2)),
            ("$.text.length()", Value::Null),
            ("$.l[*].length()", json!([2, 1, null])),
            ("$.l[0:2].length()", json!([2, 1])),
            ("$.m['x','y'].length()", json!([1, null])),
            ("$..x.length()", json!(1)),
            ("$.length", json!(9)),
            ("$.l[?(@.length() > 1)]", json!([[1, 2]])),
            ("States.Format('{}', $.l.length())", json!("3")),
        ],
    );
    assert!(
        read("$.no.length()", &own)
            .unwrap_err()
            .contains("$.no.length() leads nowhere")
    );
    assert_eq!(
        read("$.l.sum()", &own),
        Err("4: `sum` is no function that ends a path here; there is length()".to_owned())
    );
    assert!(read("$.l.length().x", &own).is_err());
    assert!(read("$.l.length(1)", &own).is_err());
}

#[test]
fn the_step_of_a_slice_is_read_and_has_no_effect() {
    let own = json!({"l": [0, 1, 2, 3, 4]});
    check(
        &own,
        &[
            ("$.l[0:10:2]", json!([0, 1, 2, 3, 4])),
            ("$.l[1:3:2]", json!([1, 2])),
            ("$.l[-2::2]", json!([3, 4])),
            ("$.l[:2:]", json!([0, 1])),
        ],
    );
    assert!(
        read("$.l[::2]", &own)
            .unwrap_err()
            .contains("a slice with a step needs")
    );
    assert!(read("$.l[0:1:2:3]", &own).is_err());
}

#[test]
fn filters_look_into_lists() {
    let own = json!({"l": [{"k": "x", "n": 1}, {"k": "z", "n": 2.0}, {"n": null}], "ks": ["x", 1], "m": {"x": 1}});
    check(
        &own,
        &[
            ("$.l[?(@.k in ['x', 'y'])].n", json!([1])),
            ("$.l[?(@.n IN [2, null])].n", json!([2.0, null])),
            ("$.l[?(@.k in $.ks)].n", json!([1])),
            ("$.l[?(@.k in $.m)]", json!([])),
            ("$.l[?(@.k nin ['x'])].n", json!([2.0, null])),
            ("$.l[?(!(@.k nin ['x']) && @.n == 1)].n", json!([1])),
            ("$.l[?('x' in [])]", json!([])),
            // What an item lacks is unequal to all, and nothing else.
            ("$.l[?(@.k != 'x')].n", json!([2.0, null])),
            ("$.l[?(@.k == null)]", json!([])),
            ("$.l[?(@.k < 'zz')].n", json!([1, 2.0])),
            // A path alone asks whether something is there.
            ("$.l[?(@.k)].k", json!(["x", "z"])),
            ("$.l[?(!@.k)].n", json!([null])),
            ("$.l[?(@.n && (@.k))].n", json!([1, 2.0])),
        ],
    );
    assert_eq!(
        read("$.l[?(@.k size 2)]", &own),
        Err(
            "10: `size` is no operator here; there are ==, !=, <, <=, >, >=, =~, in and nin"
                .to_owned()
        )
    );
    assert_eq!(
        read("$.l[?(@.k in [@.n])]", &own),
        Err("13: the list of a filter has constants only".to_owned())
    );
    assert!(read("$.l[?(@.k in)]", &own).is_err());
}

#[test]
fn filters_match_regular_expressions_as_a_whole() {
    let own = json!({"l": [{"k": "Xy/1", "n": 12}, {"k": ["b", "xy"], "n": true}, {"n": "l\nm"}]});
    check(
        &own,
        &[
            ("$.l[?(@.k =~ /xy/)].n", json!([true])),
            ("$.l[?(@.k =~ /XY.*/i)].n", json!([12, true])),
            ("$.l[?(@.k =~ /\\w+\\/\\d/)].n", json!([12])),
            ("$.l[?(@.n=~/1[0-9]|2/)].n", json!([12])),
            ("$.l[?(@.n =~ /l.m/)].n", json!([])),
            ("$.l[?(@.n =~ /L.M/is)].n", json!(["l\nm"])),
            ("$.l[?(@.n =~ /true|l/)].n", json!([true])),
            ("$.l[?(@.k =~ /.*/)].n", json!([12, true, "l\nm"])),
            ("$.l[?(!(@.k =~ /.+/) || @.n == 12)].n", json!([12, "l\nm"])),
        ],
    );
    let wrong = [
        ("$.l[?(@.k =~ /x)]", "17: the closing / is missing"),
        ("$.l[?(@.k =~ 'x')]", "13: `/` is expected here, not `'`"),
        (
            "$.l[?(@.k =~ /x/g)]",
            "14: `g` is no flag of regular expressions here; there are i, m and s",
        ),
        (
            "$.l[?(@.k =~ /a(?=b)/)]",
            "14: `a(?=b)` is not a regular expression that can be used here: it may neither look around nor refer to its groups",
        ),
        (
            "$.l[?(@.k =~ /a)|(b/)]",
            "14: `a)|(b` is not a regular expression that can be used here: it may neither look around nor refer to its groups",
        ),
    ];
    for (text, said) in wrong {
        assert_eq!(read(text, &own), Err(said.to_owned()), "{text}");
    }
    assert_eq!(
        read("$.l[?(@.k =~ /x\\", &own),
        Err("16: the closing / is missing".to_owned())
    );
}

#[test]
fn the_vendors_languages_have_none_of_it() {
    for text in [
        "$.o['a','b']",
        "$.l.length()",
        "$.l[0:4:2]",
        "$.l[?(@.k nin ['x'])]",
        "$.l[?(@.k =~ /x/)]",
    ] {
        assert!(parse(text, Words::First).is_err(), "{text}");
        let second = text.replacen('$', "$Input", 1);
        assert!(parse(&second, Words::Second).is_err(), "{second}");
    }
}
