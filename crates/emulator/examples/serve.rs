//! Serves a local cloud in the foreground: `serve PORT DATA_DIR`, keys and account from the vendor's variables.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use emulator::{Account, LocalCloud, Settings};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let line: Vec<OsString> = env::args_os().collect();
    if let Some(code) = emulator::instance::run(&line) {
        return Ok(code);
    }
    serve()?;
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn serve() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let port: u16 = arguments
        .next()
        .ok_or("usage: serve PORT DATA_DIR")?
        .parse()?;
    let data = PathBuf::from(arguments.next().ok_or("usage: serve PORT DATA_DIR")?);
    let variable =
        |name: &str, otherwise: &str| env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    let settings = Settings {
        data,
        listen: ([127, 0, 0, 1], port).into(),
        account: Account {
            id: variable("ALIBABA_CLOUD_ACCOUNT_ID", "1234567890123456"),
            access_key_id: variable("ALIBABA_CLOUD_ACCESS_KEY_ID", "AKID"),
            access_key_secret: variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SECRET"),
        },
        region: variable("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
        launcher: emulator::instance::of_this_program(),
    };
    let cloud = LocalCloud::start(settings).await?;
    writeln!(std::io::stdout(), "http://{}", cloud.address())?;
    tokio::select! {
        () = cloud.wait() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    cloud.stop().await;
    Ok(())
}
