//! Without the derive nobody reads the attribute of a field.

use health_runtime::Flag;

#[derive(Clone)]
struct AppState {
    #[health_check(critical)]
    db: Flag,
}

fn main() {}
