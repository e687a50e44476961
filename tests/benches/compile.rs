//! What the derive costs at compile time, compared with no derive and with the same registration by hand.
//!
//! ```text
//! cargo bench -p health-tests --bench compile               # all of it, as Markdown; about two minutes
//! cargo bench -p health-tests --bench compile -- --quick    # few rounds: a smoke test
//! ```
//!
//! `cargo bench` passes `--bench`. Without it, as in `cargo test --benches`, everything runs only once.
//!
//! The benchmark writes its own workspace under the target directory, with the manifest and the `Cargo.lock` of this
//! workspace. It builds the dependencies there once, and needs no network. All measurements of a round follow each
//! other, forwards in one round and backwards in the next. So if the machine slows down, all of them are slower. The
//! best round is the cost on an idle machine. The median is the cost on this machine at this time.
//!
//! - **Expansion**: two crates have the same struct, one with the derive and one without. `rustc` compiles them with
//!   `-Z time-passes`: the compiler itself times its pass `macro_expand_crate`, to the microsecond. So neither cargo
//!   nor the other passes count. The difference between the two crates is what the derive adds to the pass: the tokens
//!   to and from the macro, the work of the macro, and the parsing and name resolution of its output. It does not
//!   include the loading of the macro's library, because both crates load it: the runtime exports the macro. The flag
//!   is unstable, so it needs `RUSTC_BOOTSTRAP`. Only these two crates get this variable, because it changes the build
//!   of proc-macro2.
//! - **`cargo check`** of these crates, of one with the option `with = path`, and of one with registration by hand. It
//!   runs from scratch (after `cargo clean` of the crate alone), after an edit, and with `CARGO_INCREMENTAL=0`, as in
//!   CI. The cost of a field is the extra time compared with no derive, divided by the number of fields. The measure is
//!   the processor time of cargo and the compiler. A crate is checked on one thread, so on an idle machine this is
//!   the time that a user waits. On a busy machine it is nearly the same.
//! - **The quickstart** as it is, and with an `impl HealthState` (see below) instead of the derive: `cargo check`
//!   after an edit of `main.rs`. The edit is a comment, because then the compiler does the least work besides the
//!   expansion.
//!
//! The macros are built with opt-level 0. This is cargo's default, in release builds too. The benchmark asserts this,
//! and that each timed `cargo check` has compiled the crate. It asserts no time: a missed target is printed and is no
//! error, because the machine may be the cause. Code that does not compile is an error.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::Duration;
use std::{env, fs, io};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};
use serde_json::Value;

const FIELDS: u32 = 500;

/// The code that all crates with many fields share: two types of check, a function for each, and a use of every import.
/// So only the fields and their registration differ.
const HEAD: &str = "\
use std::io;
use std::time::Duration;

use health_runtime::{CheckResult, CheckSpec, Checks, Flag, HealthCheck, HealthState, Outcome, __private::ServiceSpec};

pub struct Pool;

impl HealthCheck for Pool {
    async fn check(&self) -> CheckResult {
        Ok(Outcome::healthy())
    }
}

pub mod ping {
    pub async fn flag(_: &super::Flag) -> Result<(), super::io::Error> {
        Ok(())
    }

    pub async fn pool(_: &super::Pool) -> Result<(), super::io::Error> {
        Ok(())
    }
}

pub const TIMEOUT: Duration = Duration::from_secs(3);
pub const SPECS: (CheckSpec, fn() -> ServiceSpec) = (CheckSpec::new(\"spec\"), || ServiceSpec::new(\"\", \"\"));
pub fn register<S: HealthState>(checks: &mut Checks<S>) {
    S::register(checks);
}
";

const SHAPES: [Shape; 4] = [
    Shape::new(By::Nothing, "many-plain", "no derive"),
    Shape::new(
        By::Derive,
        "many-derive",
        "`#[health_check(critical, timeout = \"3s\")]`",
    ),
    Shape::new(By::With, "many-with", "the same and `with = path`"),
    Shape::new(By::Hand, "many-by-hand", "`checks.add::<T>(…)` by hand"),
];

const PLAIN: usize = 0;
const DERIVE: usize = 1;

/// The quickstart with registration by hand, and with the derive.
const QUICKSTARTS: [&str; 2] = ["quickstart-by-hand", "quickstart-derive"];

/// Replaces the derive in the quickstart's `main.rs`. Each text to replace must be there exactly once.
const BY_HAND: [(&str, &str); 4] = [
    ("#[derive(Clone, HealthState)]\n", "#[derive(Clone)]\n"),
    ("#[health(drain = \"5s\")] // the default is 7 s\n", ""),
    (
        "    #[health_check(critical)]\n    db: SqlitePool,\n",
        "    db: SqlitePool,\n",
    ),
    (
        "    #[health_check(with = payments::ping, timeout = \"500ms\", interval = \"1s\")]
    payments: payments::Client,
}
",
        r#"    payments: payments::Client,
}

impl HealthState for AppState {
    fn register(checks: &mut health_runtime::Checks<Self>) {
        use std::time::Duration;

        use health_runtime::{CheckSpec, __private::ServiceSpec};

        checks.service(
            ServiceSpec::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).drain(Duration::from_secs(5)),
        );
        checks.add::<SqlitePool>(
            CheckSpec::new("db").critical().description(
                "Stores the orders. If it fails, this instance is taken out of rotation.",
            ),
            |state| &state.db,
        );
        checks.with(
            CheckSpec::new("payments")
                .timeout(Duration::from_millis(500))
                .interval(Duration::from_secs(1))
                .description(
                    "Takes the payments. If it fails, orders are paid later, and this instance stays in rotation.",
                ),
            |state| health_runtime::run(payments::ping(&state.payments)),
        );
    }
}
"#,
    ),
];

/// The text of an edit, without its number.
const EDIT: &str = "// edited by tests/benches/compile.rs: ";

/// How often to measure. The quickstart's difference is the smallest, so it is measured more often in each round.
struct Effort {
    rounds: u32,
    quickstarts: u32,
}

const FULL: Effort = Effort {
    rounds: 12,
    quickstarts: 4,
};
const QUICK: Effort = Effort {
    rounds: 3,
    quickstarts: 2,
};
const ONCE: Effort = Effort {
    rounds: 1,
    quickstarts: 1,
};

/// A way to register many fields as checks.
struct Shape {
    by: By,
    package: &'static str,
    title: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum By {
    Nothing,
    Derive,
    With,
    Hand,
}

/// Whether the compiler keeps its results for the next run. It does by default, and this takes time.
#[derive(Clone, Copy)]
enum Incremental {
    Off = 0,
    On = 1,
}

/// Milliseconds, one number for each measurement.
#[derive(Default)]
struct Times(Vec<f64>);

#[derive(Default)]
struct Figures {
    /// Without and with the derive.
    expansion: [Times; 2],
    from_scratch: [Times; SHAPES.len()],
    after_edit: [Times; SHAPES.len()],
    not_incremental: [Times; SHAPES.len()],
    quickstart: [Times; QUICKSTARTS.len()],
}

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let effort = match (has("--quick"), has("--bench")) {
        (true, _) => QUICK,
        (false, true) => FULL,
        (false, false) => ONCE, // a test run: the figures do not matter
    };
    let load = load();
    match measure(&effort) {
        Ok(figures) => {
            println!("\n{}; load {load} at the start", rendered(&figures, &effort));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(effort: &Effort) -> Result<Figures> {
    let mut scratch = Scratch::write()?;
    eprintln!("building the dependencies in {}", scratch.dir.display());
    let runtime = scratch.build_dependencies()?;
    let mut figures = Figures::default();
    for round in 0..effort.rounds {
        eprintln!("round {} of {}", round + 1, effort.rounds);
        for index in in_turn(round, figures.expansion.len()) {
            let time = scratch.expand(&SHAPES[index], &runtime)?;
            figures.expansion[index].0.push(time);
        }
        for index in in_turn(round, SHAPES.len()) {
            let package = SHAPES[index].package;
            scratch.clean(package)?;
            let times = [
                &mut figures.from_scratch[index],
                &mut figures.after_edit[index],
                &mut figures.not_incremental[index],
            ];
            for (times, incremental) in times
                .into_iter()
                .zip([Incremental::On, Incremental::On, Incremental::Off])
            {
                times.0.push(scratch.check(package, incremental)?);
                scratch.edit(package)?;
            }
        }
        for again in 0..effort.quickstarts {
            for index in in_turn(round + again, QUICKSTARTS.len()) {
                let package = QUICKSTARTS[index];
                scratch.edit(package)?;
                figures.quickstart[index]
                    .0
                    .push(scratch.check(package, Incremental::On)?);
            }
        }
    }
    Ok(figures)
}

/// Forwards in one round, backwards in the next.
fn in_turn(round: u32, len: usize) -> impl Iterator<Item = usize> {
    (0..len).map(move |index| {
        if round.is_multiple_of(2) {
            index
        } else {
            len - 1 - index
        }
    })
}

// What is measured.

/// The workspace with the crates to measure.
struct Scratch {
    dir: PathBuf,
    edits: u32,
}

/// The paths of the runtime that `rustc` gets.
struct Runtime {
    library: PathBuf,
    dependencies: PathBuf,
}

impl Scratch {
    fn write() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("the package has a folder of its own in the workspace");
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
        let scratch = Self { dir, edits: 0 };

        let mut manifest = read(&root.join("Cargo.toml"))?;
        let members = manifest
            .lines()
            .find(|line| line.starts_with("members = "))
            .ok_or("the workspace's Cargo.toml has no line that starts with `members = `")?
            .to_owned();
        let packages: Vec<&str> = SHAPES.iter().map(|shape| shape.package).chain(QUICKSTARTS).collect();
        manifest = replace_once(&manifest, &members, &format!("members = {packages:?}"))?;
        for package in ["health-macros", "health-runtime"] {
            let path = format!("path = '{}'", root.join(package).display());
            manifest = replace_once(&manifest, &format!("path = {package:?}"), &path)?;
        }
        write(&scratch.dir.join("Cargo.toml"), &manifest)?;
        write(&scratch.dir.join("Cargo.lock"), &read(&root.join("Cargo.lock"))?)?;

        for shape in &SHAPES {
            let package = scratch.dir.join(shape.package);
            write(&package.join("Cargo.toml"), &shape.manifest())?;
            write(&package.join("src/main.rs"), &shape.source())?;
        }
        let quickstart = root.join("examples/quickstart");
        for name in QUICKSTARTS {
            let package = scratch.dir.join(name);
            let manifest = read(&quickstart.join("Cargo.toml"))?;
            let manifest = replace_once(&manifest, "name = \"quickstart\"", &format!("name = {name:?}"))?;
            write(&package.join("Cargo.toml"), &manifest)?;
            copy(&quickstart.join("src"), &package.join("src"))?;
        }
        let main = scratch.main(QUICKSTARTS[0]);
        let mut source = read(&main)?;
        for (from, to) in BY_HAND {
            source = replace_once(&source, from, to).map_err(|error| {
                format!("{error}\nthe quickstart has changed: mend `BY_HAND` in tests/benches/compile.rs")
            })?;
        }
        if let Some(line) = source.lines().find(|line| line.trim_start().starts_with("#[health")) {
            return Err(format!(
                "`{line}` is left in the quickstart registered by hand: mend `BY_HAND`"
            ));
        }
        write(&main, &source)?;
        Ok(scratch)
    }

    fn main(&self, package: &str) -> PathBuf {
        self.dir.join(package).join("src/main.rs")
    }

    /// Checks every crate once, so that the dependencies are built and the compiler has results from before an edit.
    /// Returns the runtime that the crates with many fields use.
    fn build_dependencies(&mut self) -> Result<Runtime> {
        for package in QUICKSTARTS.into_iter().chain(SHAPES.iter().map(|shape| shape.package)) {
            for incremental in [Incremental::Off, Incremental::On] {
                self.edit(package)?;
                self.check(package, incremental)?;
            }
        }
        let output = run(self.cargo_check(SHAPES[DERIVE].package, Incremental::On))?;
        let artifact = |name: &str| {
            artifacts(&output)
                .find(|artifact| artifact["target"]["name"] == name)
                .ok_or_else(|| format!("cargo does not tell of `{name}`"))
        };
        let opt_level = &artifact("health_macros")?["profile"]["opt_level"];
        if opt_level != "0" {
            return Err(format!("the macros are built with opt-level {opt_level}, not 0"));
        }
        let runtime = artifact("health_runtime")?;
        let library = runtime["filenames"][0].as_str().map(Path::new);
        let library = library.ok_or("cargo does not tell where `health_runtime` is")?;
        let dependencies = library.parent().ok_or("`health_runtime` is in no folder")?;
        Ok(Runtime {
            library: library.to_owned(),
            dependencies: dependencies.to_owned(),
        })
    }

    /// Changes the last line of this package, so that the next check compiles it.
    fn edit(&mut self, package: &str) -> Result<()> {
        self.edits += 1;
        let main = self.main(package);
        let source = read(&main)?;
        let source = source.rsplit_once(EDIT).map_or(&*source, |(before, _)| before);
        write(&main, &format!("{source}{EDIT}{}\n", self.edits))
    }

    fn clean(&self, package: &str) -> Result<()> {
        run(self.cargo("clean", package)).map(drop)
    }

    /// The processor time of `cargo check` and of the compiler that it starts, in milliseconds.
    fn check(&self, package: &str, incremental: Incremental) -> Result<f64> {
        let command = self.cargo_check(package, incremental);
        let before = children()?;
        let output = run(command)?;
        let time = children()? - before;
        if artifacts(&output).any(|artifact| artifact["target"]["name"] == package && artifact["fresh"] == false) {
            Ok(time)
        } else {
            Err(format!("cargo found nothing to do in `{package}`"))
        }
    }

    fn cargo_check(&self, package: &str, incremental: Incremental) -> Command {
        let mut cargo = self.cargo("check", package);
        cargo
            .arg("--message-format=json-render-diagnostics")
            .env("CARGO_INCREMENTAL", (incremental as u8).to_string());
        cargo
    }

    fn cargo(&self, command: &str, package: &str) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([command, "--quiet", "--offline", "--package", package]);
        cargo.arg("--target-dir").arg(self.dir.join("target"));
        cargo.current_dir(&self.dir);
        // Cargo's defaults, not the settings of this machine: with a compiler cache, the times would be those of the
        // cache.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
                cargo.env_remove(name);
            }
        }
        cargo
            .env("CARGO_PROFILE_DEV_BUILD_OVERRIDE_OPT_LEVEL", "0")
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "");
        cargo
    }

    /// The time of the compiler's pass `macro_expand_crate`, in milliseconds.
    fn expand(&self, shape: &Shape, runtime: &Runtime) -> Result<f64> {
        let mut rustc = rustc();
        rustc
            .args([
                "--edition=2024",
                "--crate-type=bin",
                "--emit=metadata",
                "--crate-name=many",
            ])
            .args(["-Ztime-passes", "-Ztime-passes-format=json"])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_PKG_NAME", shape.package)
            .env("CARGO_PKG_VERSION", "0.1.0");
        rustc.arg("--out-dir").arg(self.dir.join("target"));
        rustc
            .arg("-L")
            .arg(format!("dependency={}", runtime.dependencies.display()))
            .arg("--extern")
            .arg(format!("health_runtime={}", runtime.library.display()))
            .arg(self.main(shape.package))
            .current_dir(&self.dir);
        let output = run(rustc)?;
        let said = String::from_utf8_lossy(&output.stderr);
        let passes = said.lines().filter_map(|line| line.strip_prefix("time: "));
        passes
            .filter_map(|pass| serde_json::from_str::<Value>(pass).ok())
            .find(|pass| pass["pass"] == "macro_expand_crate")
            .and_then(|pass| pass["time"].as_f64())
            .map(|seconds| seconds * 1_000.0)
            .ok_or_else(|| "`rustc -Z time-passes` does not tell of `macro_expand_crate`".to_owned())
    }
}

impl Shape {
    const fn new(by: By, package: &'static str, title: &'static str) -> Self {
        Self { by, package, title }
    }

    fn manifest(&self) -> String {
        let package = self.package;
        format!(
            "[package]
name = {package:?}
version.workspace = true
edition.workspace = true

[dependencies]
health-runtime.workspace = true
"
        )
    }

    fn source(&self) -> String {
        let mut source = String::from(HEAD);
        source.push('\n');
        if matches!(self.by, By::Derive | By::With) {
            source.push_str("#[derive(HealthState)]\n");
        }
        source.push_str("pub struct AppState {\n");
        for index in 0..FIELDS {
            let (ty, ping) = Self::field(index);
            let _ = match self.by {
                By::Derive => writeln!(source, "    #[health_check(critical, timeout = \"3s\")]"),
                By::With => writeln!(source, "    #[health_check(critical, timeout = \"3s\", with = {ping})]"),
                By::Nothing | By::Hand => Ok(()),
            };
            let _ = writeln!(source, "    pub f{index}: {ty},");
        }
        source.push_str("}\n");
        if self.by == By::Hand {
            source.push_str(
                "
impl HealthState for AppState {
    fn register(checks: &mut Checks<Self>) {
        checks.service(ServiceSpec::new(env!(\"CARGO_PKG_NAME\"), env!(\"CARGO_PKG_VERSION\")));
",
            );
            for index in 0..FIELDS {
                let (ty, _) = Self::field(index);
                let _ = writeln!(
                    source,
                    "        checks.add::<{ty}>(CheckSpec::new(\"f{index}\").critical().timeout(Duration::from_secs(3)), |s| &s.f{index});"
                );
            }
            source.push_str("    }\n}\n");
        }
        // Without the registration, the crate must not compile. Otherwise an empty expansion would look cheap.
        if self.by != By::Nothing {
            source.push_str("\npub const REGISTER: fn(&mut Checks<AppState>) = register;\n");
        }
        source.push_str("\nfn main() {}\n");
        source
    }

    /// The type of a field, and the function that checks it. Half of the fields have a type of this crate.
    fn field(index: u32) -> (&'static str, &'static str) {
        if index.is_multiple_of(2) {
            ("Flag", "ping::flag")
        } else {
            ("Pool", "ping::pool")
        }
    }
}

/// The processor time of all commands so far, in milliseconds.
fn children() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| format!("getrusage: {error}"))?;
    let millis = |time: TimeVal| Duration::from_micros(time.num_microseconds().unsigned_abs()).as_secs_f64() * 1_000.0;
    Ok(millis(usage.user_time()) + millis(usage.system_time()))
}

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

fn artifacts(output: &Output) -> impl Iterator<Item = Value> {
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let messages = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    messages.filter(|message| message["reason"] == "compiler-artifact")
}

fn run(mut command: Command) -> Result<Output> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{command:?} failed, {}:\n{said}\n(If something is not on this machine yet: `cargo fetch` gets it.)",
        output.status
    ))
}

fn replace_once(text: &str, from: &str, to: &str) -> Result<String> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        count => Err(format!("expected this exactly once, found it {count} times:\n{from}")),
    }
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// Writes a file, and the folders it is in.
fn write(file: &Path, text: &str) -> Result<()> {
    let folders = file.parent().map_or(Ok(()), fs::create_dir_all);
    folders
        .and_then(|()| fs::write(file, text))
        .map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// Copies a folder and its contents.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = |error: io::Error| format!("cannot copy {}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let to = to.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            write(&to, &read(&entry.path())?)?;
        }
    }
    Ok(())
}

// How it is shown.

impl Times {
    fn best(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn median(&self) -> f64 {
        let mut times = self.0.clone();
        times.sort_by(f64::total_cmp);
        let middle = times.len() / 2;
        if times.len().is_multiple_of(2) {
            f64::midpoint(times[middle - 1], times[middle])
        } else {
            times[middle]
        }
    }
}

/// How much more a shape costs than no derive, for each field.
fn per_field(series: &[Times], index: usize, of: fn(&Times) -> f64) -> f64 {
    (of(&series[index]) - of(&series[PLAIN])) / f64::from(FIELDS)
}

fn rendered(figures: &Figures, effort: &Effort) -> String {
    let mut out = String::from("| |");
    for series in ["from scratch", "after an edit", "not incremental"] {
        let _ = write!(out, " {series}: ms, best | median | a field |");
    }
    out.push_str("\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (index, shape) in SHAPES.iter().enumerate() {
        let _ = write!(out, "| {} |", shape.title);
        for series in [&figures.from_scratch, &figures.after_edit, &figures.not_incremental] {
            let times = &series[index];
            let _ = write!(out, " {:.0} | {:.0} |", times.best(), times.median());
            let _ = if shape.by == By::Nothing {
                write!(out, " – |")
            } else {
                write!(out, " {:.3} |", per_field(series, index, Times::best))
            };
        }
        out.push('\n');
    }

    out.push_str("\n| | no derive: ms, best | median | derive: ms, best | median |\n|---|--:|--:|--:|--:|\n");
    for (title, [without, with]) in [
        (format!("`macro_expand_crate`, {FIELDS} fields"), &figures.expansion),
        ("`cargo check` of the edited quickstart".to_owned(), &figures.quickstart),
    ] {
        let _ = writeln!(
            out,
            "| {title} | {:.1} | {:.1} | {:.1} | {:.1} |",
            without.best(),
            without.median(),
            with.best(),
            with.median()
        );
    }

    out.push_str("\n| target | best | | median | |\n|---|--:|---|--:|---|\n");
    let mut target = |text: String, most: f64, digits: usize, cost: &dyn Fn(fn(&Times) -> f64) -> f64| {
        let _ = write!(out, "| {text} |");
        for of in [Times::best, Times::median] {
            let cost = cost(of);
            let verdict = if cost <= most { "met" } else { "**missed**" };
            let _ = write!(out, " {cost:.digits$} | {verdict} |");
        }
        out.push('\n');
    };
    target(format!("expansion of {FIELDS} fields ≤ 50 ms"), 50.0, 1, &|of| {
        of(&figures.expansion[1]) - of(&figures.expansion[0])
    });
    for (text, series) in [
        ("`cargo check` from scratch", &figures.from_scratch),
        ("`cargo check` from scratch, not incremental", &figures.not_incremental),
    ] {
        target(format!("{text} ≤ 0.25 ms a field"), 0.25, 3, &|of| {
            per_field(series, DERIVE, of)
        });
    }
    target(
        "`cargo check` of the edited quickstart ≤ 10 % over by hand".to_owned(),
        10.0,
        1,
        &|of| (of(&figures.quickstart[1]) / of(&figures.quickstart[0]) - 1.0) * 100.0,
    );

    let Effort { rounds, quickstarts } = effort;
    let _ = write!(
        out,
        "\n{}; macros at opt-level 0; {rounds} rounds, the quickstart {quickstarts} times in each",
        machine()
    );
    out
}

/// The load average of the last minute. If it is higher than the number of cores, the measured times are too high.
fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ')
        .next()
        .filter(|load| !load.is_empty())
        .unwrap_or("?")
        .to_owned()
}

fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(env::consts::ARCH, |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or("?".to_owned(), |cores| cores.to_string());
    let rustc = rustc().arg("--version").output().ok();
    let rustc = rustc
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    format!("{model}, {cores} cores, {}", rustc.trim())
}
