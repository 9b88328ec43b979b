//! Distributed maps: each item is an execution of its own.

mod kills;
mod reading;
mod writing;
mod yard;

use serde_json::{Value, json};
use workflow::engine::{
    Call, Change, Command, Fault, Mode, Opening, Progress, Status, Unopened, Writing,
};

use self::yard::{WHOLE, World, Yard};

/// A flow whose map distributes `$Input.list`, with these fields besides; each item calls a function.
fn flow(fields: &str) -> String {
    format!(
        "
Type: StateMachine
Name: f
SpecVersion: v1
StartAt: M
States:
- Type: Map
  Name: M
  ItemsPath: $Input.list
  ProcessorConfig: {{ExecutionMode: Express}}
{fields}
  Processor:
    StartAt: T
    States:
    - {{Type: Task, Name: T, Action: 'ECS:DescribeInstances', Parameters: {{x.$: $Input}}, End: true}}
  End: true
"
    )
}

#[allow(clippy::unnecessary_wraps, reason = "it stands for a function")]
fn echo(call: &Call) -> Result<Value, Fault> {
    Ok(call.input.clone())
}

/// Fails for items of 10 and above.
fn picky(call: &Call) -> Result<Value, Fault> {
    match call.input["Item"].as_i64() {
        Some(10..) => Err(Fault::new("TooLarge", "ten or more")),
        _ => echo(call),
    }
}

#[test]
fn each_item_is_an_execution_and_yields_its_place() {
    let yard = Yard::new(&flow(""), echo).start(json!({"list": [1, {"a": 2}, 3]}));
    assert_eq!(
        yard.output(),
        json!({"Items": [{"Item": 1}, {"a": 2}, {"Item": 3}]})
    );
    assert_eq!(
        yard.names(),
        [
            "ExecutionStarted",
            "StepEntered",
            "MapRunStarted",
            "MapRunSucceeded",
            "StepExited",
            "ExecutionSucceeded",
        ]
    );
    assert_eq!(yard.count(Status::Succeeded), 3);
    assert!(yard.modes.values().all(|mode| *mode == Mode::Express));
    let shown = yard.shown();
    assert_eq!(shown.progress, Progress::Succeeded);
    assert_eq!((shown.counts.total, shown.counts.succeeded), (3, 3));
}

#[test]
fn a_map_without_items_is_done_at_once() {
    let yard = Yard::new(&flow(""), echo).start(json!({"list": []}));
    assert_eq!(yard.output(), json!({"Items": []}));
}

#[test]
fn only_so_many_go_on_at_once() {
    let list: Vec<u32> = (0..20).collect();
    let few = Yard::new(&flow("  MaxConcuccency: 3"), echo).start(json!({"list": list}));
    assert_eq!(few.most, 3);
    let from_data = flow("  MaxConcurrency.$: $Input.width");
    let few = Yard::new(&from_data, echo).start(json!({"list": list, "width": 2}));
    assert_eq!(few.most, 2);
    let many: Vec<u32> = (0..150).collect();
    let most = Yard::new(&flow(""), echo).start(json!({"list": many}));
    assert_eq!(most.most, 100);
    assert_eq!(most.count(Status::Succeeded), 150);
}

#[test]
fn more_items_than_may_be_are_refused_and_can_be_cut() {
    let list: Vec<u32> = (0..10_001).collect();
    let yard = Yard::new(&flow(""), echo).start(json!({"list": list}));
    assert_eq!(yard.fault().error, "FnF.MapRunLimitExceeded");
    assert_eq!(yard.count(Status::Succeeded), 0);
    let yard = Yard::new(&flow("  MaxItems: 2"), echo).start(json!({"list": list}));
    assert_eq!(yard.output(), json!({"Items": [{"Item": 0}, {"Item": 1}]}));
}

#[test]
fn one_failure_ends_all_and_stops_what_goes_on() {
    let list = json!({"list": [10, 1, 2, 3, 4]});
    let yard = Yard::new(&flow("  MaxConcurrency: 2"), picky).start(list);
    let fault = yard.fault();
    assert_eq!(fault.error, "FnF.ExceedToleratedFailureThreshold");
    assert!(
        fault.cause.contains("1 of 5 items failed"),
        "{}",
        fault.cause
    );
    assert!(fault.cause.contains("TooLarge"), "{}", fault.cause);
    let shown = yard.shown();
    assert_eq!(shown.progress, Progress::Failed);
    let counts = shown.counts;
    assert_eq!((counts.failed, counts.running), (1, 0));
    assert_eq!(
        counts.failed + counts.aborted + counts.pending + counts.succeeded,
        5
    );
    assert!(counts.pending > 0, "the rest never began: {counts:?}");
    assert!(yard.executions.values().all(|one| !one.is_running()));
}

#[test]
fn as_many_may_fail_as_is_said() {
    let list = json!({"list": [1, 10, 2, 11]});
    let tolerant = |fields: &str| Yard::new(&flow(fields), picky).start(list.clone());
    for fields in [
        "  ToleratedFailureCount: 2",
        "  ToleratedFailurePercentage: 50",
    ] {
        let output = tolerant(fields).output();
        assert_eq!(output["Items"][0], json!({"Item": 1}), "{fields}");
        assert_eq!(output["Items"][1]["Status"], "Failed", "{fields}");
        assert_eq!(output["Items"][3]["Error"], "TooLarge", "{fields}");
    }
    for fields in [
        "  ToleratedFailureCount: 1",
        "  ToleratedFailurePercentage: 49",
    ] {
        let error = tolerant(fields).fault().error;
        assert_eq!(error, "FnF.ExceedToleratedFailureThreshold", "{fields}");
    }
}

#[test]
fn a_rule_may_catch_what_a_map_run_fails_with() {
    let fields = "  Catch: [{Errors: [FnF.ExceedToleratedFailureThreshold], OutputConstructor: {caught: true}, Next: E}]";
    let text = flow(fields) + "- {Type: Pass, Name: E, End: true}\n";
    let yard = Yard::new(&text, picky).start(json!({"list": [10]}));
    assert_eq!(yard.output(), json!({"caught": true}));
}

#[test]
fn items_are_made_and_put_together() {
    let fields = "
  ItemConstructor: {n.$: $Item}
  ItemBatcher: {MaxItemsPerBatch: 2, BatchInput: {who.$: $Input.who}}";
    let yard = Yard::new(&flow(fields), echo).start(json!({"list": [1, 2, 3], "who": "me"}));
    let wanted = json!({"Items": [
        {"BatchInput": {"who": "me"}, "Items": [{"n": 1}, {"n": 2}]},
        {"BatchInput": {"who": "me"}, "Items": [{"n": 3}]},
    ]});
    assert_eq!(yard.output(), wanted);
    assert_eq!(yard.shown().counts.total, 3);
    let list = json!({"list": ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"]});
    let two = json!({"Items": ["aaaaaaaaaa", "bbbbbbbbbb"]})
        .to_string()
        .len();
    for (bytes, executions) in [(two, 2), (two - 1, 3)] {
        let fields = format!("  ItemBatcher: {{MaxInputBytesPerBatch: {bytes}}}");
        let yard = Yard::new(&flow(&fields), echo).start(list.clone());
        assert_eq!(yard.count(Status::Succeeded), executions);
    }
}

#[test]
fn a_stopped_execution_stops_its_items() {
    let mut yard = Yard::new(&flow("  MaxConcurrency: 2"), echo);
    yard.begin(json!({"list": [1, 2, 3, 4, 5, 6]}));
    while yard.executions.len() < 3 {
        assert!(yard.step());
    }
    yard.tell(WHOLE, Command::Stop(Fault::new("Enough", "")));
    yard.settle();
    assert_eq!(yard.whole().status, Status::Stopped);
    assert!(yard.executions.values().all(|one| !one.is_running()));
    let shown = yard.shown();
    assert_eq!(shown.progress, Progress::Aborted);
    assert!(
        shown.counts.aborted > 0 && shown.counts.pending > 0,
        "{shown:?}"
    );
}

#[test]
fn a_redrive_goes_on_with_what_did_not_succeed() {
    let mut strict = true;
    let mut calls = Vec::new();
    let list = json!({"list": [1, 10, 2]});
    let text = flow("  MaxConcurrency: 1");
    let world = |call: &Call| {
        calls.push(call.input["Item"].as_i64().unwrap_or(0));
        let is_refused = std::mem::replace(&mut strict, calls.len() < 2);
        if is_refused { picky(call) } else { echo(call) }
    };
    let mut yard = Yard::new(&text, world).start(list);
    assert_eq!(yard.whole().status, Status::Failed);
    yard.tell(WHOLE, Command::Redrive);
    yard.settle();
    assert_eq!(
        yard.output(),
        json!({"Items": [{"Item": 1}, {"Item": 10}, {"Item": 2}]})
    );
    assert_eq!(calls, [1, 10, 10, 2]);
}

#[test]
fn a_map_run_can_be_carried_out_otherwise_while_it_goes_on() {
    let mut yard = Yard::new(&flow("  MaxConcurrency: 1"), picky);
    yard.begin(json!({"list": [1, 10, 2, 3, 4, 5, 6]}));
    while yard.executions.len() < 2 {
        assert!(yard.step());
    }
    let name = yard
        .whole()
        .map_runs()
        .next()
        .expect("it goes on")
        .name
        .clone();
    let change = Change {
        width: Some(4),
        failures: Some(1),
        percentage: None,
    };
    yard.tell(WHOLE, Command::UpdateMapRun { name, change });
    yard.settle();
    assert_eq!(yard.whole().status, Status::Succeeded);
    assert!(yard.most >= 4, "{}", yard.most);
    assert_eq!(yard.shown().policy.failures, Some(1));
}

/// An object storage with three items in it.
struct Storage {
    written: Vec<Writing>,
    is_broken: bool,
}

impl World for Storage {
    fn call(&mut self, call: &Call) -> Result<Value, Fault> {
        picky(call)
    }

    fn open(&mut self, opening: &Opening) -> Result<Option<Vec<Value>>, Unopened> {
        let (_, place) = opening.source.as_ref().expect("there is a source");
        match place["ObjectName"].as_str() {
            Some("there") => Ok(Some(vec![json!(1), json!(10), json!(2)])),
            _ => Err(Unopened::Unread("it is not there".to_owned())),
        }
    }

    fn write(&mut self, writing: &Writing) -> Result<Value, String> {
        self.written.push(writing.clone());
        if self.is_broken {
            return Err("no bucket".to_owned());
        }
        Ok(json!({"MapRunName": writing.map_run}))
    }
}

const STORED: &str = "
  ItemReader: {SourceType: OSS_JSON_LIST, SourceParameters: {Bucket: b, ObjectName.$: $Input.object}}
  ResultWriter: {Parameters: {Bucket: b, Prefix.$: $Input.object}}
  ToleratedFailureCount: 1";

fn stored(object: &str, is_broken: bool) -> Yard<Storage> {
    let text = flow(STORED).replace("  ItemsPath: $Input.list\n", "");
    let world = Storage {
        written: Vec::new(),
        is_broken,
    };
    Yard::new(&text, world).start(json!({"object": object}))
}

#[test]
fn items_are_read_and_results_written_outside() {
    let yard = stored("there", false);
    let output = yard.output();
    let [writing] = &yard.world.written[..] else {
        panic!("{:?}", yard.world.written);
    };
    assert_eq!(output, json!({"MapRunName": writing.map_run}));
    assert_eq!(writing.place, json!({"Bucket": "b", "Prefix": "there"}));
    let of = |file: &Option<String>| -> Value {
        serde_json::from_str(file.as_deref().expect("a file")).expect("a list")
    };
    let (succeeded, failed) = (of(&writing.succeeded), of(&writing.failed));
    assert_eq!(succeeded.as_array().map(Vec::len), Some(2));
    assert_eq!(succeeded[0]["Input"], r#"{"Item":1}"#);
    assert_eq!(succeeded[0]["Status"], "Succeeded");
    assert_eq!(failed.as_array().map(Vec::len), Some(1));
    assert_eq!(failed[0]["Status"], "Failed");
}

#[test]
fn what_cannot_be_read_or_written_fails_the_map() {
    let mut yard = stored("nowhere", false);
    assert_eq!(yard.fault().error, "FnF.ItemReaderFailed");
    // A redrive of one whose items were never there reads them again.
    yard.tell(WHOLE, Command::Redrive);
    yard.settle();
    assert_eq!(yard.fault().error, "FnF.ItemReaderFailed");
    let mut yard = stored("there", true);
    assert_eq!(yard.fault().error, "FnF.ResultWriterFailed");
    yard.world.is_broken = false;
    yard.tell(WHOLE, Command::Redrive);
    yard.settle();
    assert_eq!(yard.whole().status, Status::Succeeded);
    assert_eq!(yard.world.written.len(), 2);
}

#[test]
fn states_language_distributes_too() {
    let text = r"
StartAt: M
States:
  M:
    Type: Map
    ItemsPath: $.list
    ItemSelector: {n.$: $$.Map.Item.Value, i.$: $$.Map.Item.Index}
    ToleratedFailureCountPath: $.may
    ItemProcessor:
      ProcessorConfig: {Mode: DISTRIBUTED, ExecutionType: STANDARD}
      StartAt: T
      States:
        T: {Type: Task, Resource: 'arn:aws:lambda:::function:f', End: true}
    ResultPath: $.made
    End: true
";
    let yard = Yard::new(text, echo).start(json!({"list": ["a", "b"], "may": 1}));
    assert_eq!(
        yard.output()["made"],
        json!([{"n": "a", "i": 0}, {"n": "b", "i": 1}])
    );
    assert!(yard.modes.values().all(|mode| *mode == Mode::Standard));
    let refuse = |_: &Call| Err(Fault::new("No", "never"));
    let yard = Yard::new(text, refuse).start(json!({"list": ["a", "b"], "may": 1}));
    assert_eq!(yard.fault().error, "States.ExceedToleratedFailureThreshold");
}
