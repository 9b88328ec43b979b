//! The forms in which the results of a distributed map are handed on and written, in the States Language.

use serde_json::{Value, json};
use workflow::engine::{Call, Fault, Writing};

use super::yard::{World, Yard};

/// Functions that fail for 10 and above and yield what they get; files that are kept.
#[derive(Default)]
struct Shelf {
    written: Vec<Writing>,
}

impl World for Shelf {
    fn call(&mut self, call: &Call) -> Result<Value, Fault> {
        match call.input.as_i64() {
            Some(10..) => Err(Fault::new("TooLarge", "ten or more")),
            _ => Ok(call.input.clone()),
        }
    }

    fn write(&mut self, writing: &Writing) -> Result<Value, String> {
        self.written.push(writing.clone());
        Ok(json!("written"))
    }
}

/// What a map over `[1, [2, 3], 12]` yields, and the files that it writes, with this writer.
fn with(writer: &str) -> (Value, Vec<Writing>) {
    run(&format!("ResultWriter: {writer}"))
}

/// The same with a line more in the map's text.
fn run(line: &str) -> (Value, Vec<Writing>) {
    let text = format!(
        "
StartAt: M
States:
  M:
    Type: Map
    ItemProcessor:
      ProcessorConfig: {{Mode: DISTRIBUTED, ExecutionType: EXPRESS}}
      StartAt: T
      States: {{T: {{Type: Task, Resource: 'arn:aws:lambda:r:1:function:f', End: true}}}}
    ToleratedFailureCount: 1
    {line}
    End: true
"
    );
    let yard = Yard::new(&text, Shelf::default()).start(json!([1, [2, 3], 12]));
    (yard.output(), yard.world.written)
}

#[test]
fn results_take_the_form_that_is_asked_for() {
    let (compact, none) = with("{WriterConfig: {Transformation: COMPACT}}");
    assert_eq!(none, []);
    let failed = &compact[2];
    assert_eq!(compact, json!([1, [2, 3], failed]));
    assert_eq!(failed["Status"], "Failed");
    assert_eq!(failed["Error"], "TooLarge");
    assert_eq!(failed["Input"], "12");
    let (flat, _) = with("{WriterConfig: {Transformation: FLATTEN, OutputType: JSON}}");
    assert_eq!(flat, json!([1, 2, 3, failed]));
    let (whole, _) = with("{WriterConfig: {}}");
    assert_eq!(whole[1]["Output"], "[2,3]");
    assert_eq!(whole[1]["Input"], "[2,3]");
    assert_eq!(whole[1]["Status"], "Succeeded");
    assert_eq!(&whole[2], failed);
    let (lines, _) = with("{WriterConfig: {Transformation: FLATTEN, OutputType: JSONL}}");
    assert_eq!(lines, json!(format!("1\n2\n3\n{failed}\n")));
    // Without a writer it is as with COMPACT.
    let (bare, none) = run("");
    assert_eq!((bare, none), (compact.clone(), vec![]));
}

#[test]
fn files_take_it_too() {
    let place = "Resource: 'arn:aws:states:::s3:putObject', Parameters: {Bucket: b, Prefix: p}";
    let (output, written) = with(&format!(
        "{{{place}, WriterConfig: {{Transformation: FLATTEN, OutputType: JSONL}}}}"
    ));
    assert_eq!(output, "written");
    let [writing] = &written[..] else {
        panic!("{written:?}");
    };
    assert!(writing.by_lines);
    assert_eq!(writing.succeeded.as_deref(), Some("1\n2\n3\n"));
    let failed = writing.failed.as_deref().expect("a file");
    assert!(
        failed.contains("TooLarge") && failed.ends_with("}\n"),
        "{failed}"
    );
    let (_, written) = with(&format!("{{{place}}}"));
    let file = written[0].succeeded.as_deref().expect("a file");
    let file: Value = serde_json::from_str(file).expect("a list");
    assert_eq!(file[0]["Output"], "1");
}
