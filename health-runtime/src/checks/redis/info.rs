//! The answers to `INFO` and to `CLUSTER INFO`. Both consist of lines of `name:value`.
//!
//! The text comes from outside, and from many kinds of servers. A field that is missing or makes no sense is `None`.

use crate::text::boundary;

/// At most this many bytes of a text are read. Redis 7 sends about 6,000.
const READ: usize = 64 * 1024;

/// Declares a struct with a field for each name.
macro_rules! fields {
    ($(#[$attribute:meta])* $name:ident { $($field:ident: $text:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(super) struct $name<'a> {
            $(pub(super) $field: Option<&'a str>,)*
        }

        impl<'a> $name<'a> {
            pub(super) fn read(text: &'a str) -> Self {
                let mut found = Self::default();
                for (name, value) in lines(text) {
                    match name {
                        $($text => found.$field = found.$field.or(Some(value)),)*
                        _ => {}
                    }
                }
                found
            }
        }
    };
}

fields! {
    /// The answer to `INFO`.
    Info {
        redis_version: "redis_version",
        valkey_version: "valkey_version",
        dragonfly_version: "dragonfly_version",
        mode: "redis_mode",
        server_mode: "server_mode",
        connected_clients: "connected_clients",
        max_clients: "maxclients",
        used_memory: "used_memory",
        max_memory: "maxmemory",
        max_memory_policy: "maxmemory_policy",
        not_counted: "mem_not_counted_for_evict",
        loading: "loading",
        rdb_last_bgsave_status: "rdb_last_bgsave_status",
        aof_enabled: "aof_enabled",
        aof_last_write_status: "aof_last_write_status",
        role: "role",
        primary_link_status: "master_link_status",
        primary_link_down_since: "master_link_down_since_seconds",
        replica_read_only: "slave_read_only",
        good_replicas: "min_slaves_good_slaves",
    }
}

fields! {
    /// The answer to `CLUSTER INFO`.
    ClusterInfo {
        state: "cluster_state",
        assigned: "cluster_slots_assigned",
        pfail: "cluster_slots_pfail",
        fail: "cluster_slots_fail",
        size: "cluster_size",
    }
}

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let text = &text[..boundary::floor(text, READ)];
    text.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name, value.trim()))
    })
}

pub(super) fn number(value: Option<&str>) -> Option<u64> {
    value?.parse().ok()
}
