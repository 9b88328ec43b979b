//! What is wrong with the text of a distributed map is said with its place.

use super::flow;
use crate::stage::{errors, program, warnings};

#[test]
fn wrong_fields_are_told_at_their_places() {
    let all = [
        (
            "  ItemReader: {SourceType: OSS_TREE, SourceParameters: {Bucket: b}}",
            "11:28: there is no SourceType `OSS_TREE`; there are OSS_OBJECTS, OSS_CSV, OSS_JSON_LIST and OSS_INVENTORY_FILES",
        ),
        (
            "  ItemReader: {SourceType: OSS_CSV, SourceParameters: {Bucket: b}}",
            "11:55: `ObjectName` is missing in `SourceParameters`",
        ),
        (
            "  ItemReader: {SourceType: OSS_OBJECTS, SourceParameters: {Prefix: p}}",
            "11:59: `Bucket` is missing in `SourceParameters`",
        ),
        (
            "  ItemReader: {SourceType: OSS_OBJECTS}",
            "11:15: `SourceParameters` is missing",
        ),
        (
            "  ItemBatcher: {BatchInput: {x: 1}}",
            "11:16: batches need MaxItemsPerBatch or MaxInputBytesPerBatch",
        ),
        (
            "  ResultWriter: {Parameters: {Prefix: p}}",
            "11:30: `Bucket` is missing in `Parameters`",
        ),
        (
            "  ToleratedFailurePercentage: 101",
            "11:31: `ToleratedFailurePercentage` is 101, and must be from 0 to 100",
        ),
        (
            "  MaxItems: 1\n  MaxItems.$: $Input.n",
            "12:15: a map has MaxItems or MaxItems.$, not both",
        ),
    ];
    for (fields, wanted) in all {
        assert_eq!(errors(&flow(fields)), [wanted], "{fields}");
    }
    let slow = flow("").replace("ExecutionMode: Express", "ExecutionMode: Slow");
    let wanted = "10:36: there is no ExecutionMode `Slow`; there are Standard and Express";
    assert_eq!(errors(&slow), [wanted]);
}

#[test]
fn express_items_cannot_do_what_only_standard_executions_can() {
    let waiting = flow("").replace(
        "Parameters:",
        "TaskMode: WaitForCustomCallback, Parameters:",
    );
    let [error] = &errors(&waiting)[..] else {
        panic!("{:?}", errors(&waiting));
    };
    assert!(
        error.contains("waits for the end of what it begins"),
        "{error}"
    );
    assert!(
        error.contains("7:3: its executions are express ones"),
        "{error}"
    );
    let standard = waiting.replace("ExecutionMode: Express", "ExecutionMode: Standard");
    assert_eq!(errors(&standard), [""; 0]);
    let unfit = workflow::express(&program(&standard));
    assert!(
        unfit
            .iter()
            .any(|finding| finding.said.contains("distributed map")),
        "{unfit:?}"
    );
}

#[test]
fn a_reader_makes_the_list_needless() {
    let fields = "  ItemReader: {SourceType: OSS_OBJECTS, SourceParameters: {Bucket: b}}";
    let wanted = "9:14: `ItemsPath` has no effect: the items are read by `ItemReader`";
    assert_eq!(warnings(&flow(fields)), [wanted]);
}

#[test]
fn states_language_says_what_it_cannot_read() {
    let machine = |reader: &str| {
        format!(
            "
StartAt: M
States:
  M:
    Type: Map
    {reader}
    ItemProcessor: {{ProcessorConfig: {{Mode: DISTRIBUTED}}, StartAt: P, States: {{P: {{Type: Succeed}}}}}}
    End: true
"
        )
    };
    let all = [
        (
            "ItemReader: {Resource: 'arn:aws:states:::dynamodb:query', Parameters: {Bucket: b}}",
            "6:28: items cannot be read by `arn:aws:states:::dynamodb:query`; they can by s3:listObjectsV2 and s3:getObject",
        ),
        (
            "ItemReader: {Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: {InputType: PARQUET}, Parameters: {Bucket: b, Key: k}}",
            "6:87: items of the InputType `PARQUET` are not read; those of CSV, JSON, JSONL and MANIFEST are",
        ),
        (
            "ItemReader: {Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: {InputType: JSON}, Parameters: {Bucket: b}}",
            "6:106: `Key` is missing in `Parameters`",
        ),
        (
            "ResultWriter: {WriterConfig: {Transformation: SMALL}}",
            "6:51: `Transformation` is NONE, COMPACT or FLATTEN, not SMALL",
        ),
        (
            "ResultWriter: {WriterConfig: {OutputType: CSV}}",
            "6:47: there is no OutputType `CSV`; there are JSON and JSONL",
        ),
        ("ResultWriter: {}", "6:19: `Parameters` is missing"),
        (
            "ResultWriter: {WriterConfig: {}, Resource: 'arn:aws:states:::s3:putObject'}",
            "6:19: `Parameters` is missing",
        ),
    ];
    for (reader, wanted) in all {
        assert_eq!(errors(&machine(reader)), [wanted], "{reader}");
    }
    let reader = "ItemReader: {Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: {InputType: CSV, CSVHeaderLocation: GIVEN, CSVHeaders: [a], CSVDelimiter: TAB, MaxItems: 3}, Parameters: {Bucket: b, Key.$: $.key}}";
    assert_eq!(errors(&machine(reader)), [""; 0]);
}
