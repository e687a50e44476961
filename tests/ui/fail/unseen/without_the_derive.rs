//! Without the derive, rustc does not know the attribute of a field.

use health_runtime::Flag;

#[derive(Clone)]
struct AppState {
    #[health_check(critical)]
    db: Flag,
}

fn main() {}
