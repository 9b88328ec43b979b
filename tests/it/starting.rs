//! A local cloud that takes its time to start.

use std::fs::File;
use std::net::TcpListener;

use crate::support::Sandbox;

#[test]
fn a_local_cloud_that_is_still_starting_is_no_other_program() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let data = sandbox.home().join("local/data");
    std::fs::create_dir_all(&data).unwrap();
    let lock = File::create(data.join("lock")).unwrap();
    lock.lock().unwrap();
    for command in [
        format!("local start --port {port}"),
        "local status".to_owned(),
    ] {
        sandbox
            .run(&command)
            .code(1)
            .says("SD0801")
            .says("is still starting");
    }
    drop((taken, lock));
    sandbox
        .run(&format!("local start --port {port}"))
        .code(0)
        .says("127.0.0.1");
    sandbox.run("local stop").code(0).says("is stopped");
}
