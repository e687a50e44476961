//! Redis: a single server, replicas of it, and a cluster of three.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use super::installed;
use super::ports::Port;
use super::process::{Process, daemon, run, tool, wait_until};
use super::server::{Instance, PATIENCE, Server, ask, first_start};

const PASSWORD: &str = "secret-redis-pw";

/// A Redis server with a password.
#[derive(Debug)]
pub struct Redis {
    instance: Instance,
    program: PathBuf,
    /// Where the nodes of a cluster talk to each other.
    cluster_port: Option<Port>,
}

impl Redis {
    /// Starts a server. `None` if Redis is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with these settings of `redis.conf`. `None` if Redis is not installed.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start_with(settings: &[(&str, &str)]) -> Option<Self> {
        let program = installed("Redis", "redis-server", "redis-server")?;
        Some(first_start(|port| Self::new(program.clone(), settings, port, None)))
    }

    /// A replica of this server. It is ready when it has all data.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use = "dropping it ends the replica"]
    pub fn replica(&self) -> Self {
        let primary = format!("127.0.0.1 {}", self.port());
        let settings = [("replicaof", primary.as_str())];
        let replica = first_start(|port| Self::new(self.program.clone(), &settings, port, None));
        let is_up = || replica.cli(&["info", "replication"]).contains("master_link_status:up");
        assert!(
            wait_until(PATIENCE, is_up),
            "the replica does not reach its primary\n{}",
            replica.log()
        );
        replica
    }

    /// `redis://:<password>@127.0.0.1:<port>/`
    pub fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}/", self.port())
    }

    /// The output of `redis-cli` with these arguments.
    ///
    /// # Panics
    ///
    /// If it cannot connect. An error of Redis is part of the output.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let mut command = tool(&self.program.with_file_name("redis-cli"), self.instance.folder(), None);
        command.env("REDISCLI_AUTH", PASSWORD);
        command.args(["-h", "127.0.0.1", "-p", &self.port().to_string()]);
        run(command.args(arguments), "")
    }

    /// How many clients are connected, without replicas.
    ///
    /// # Panics
    ///
    /// If the server does not run.
    pub fn connections(&self) -> usize {
        let clients = self.cli(&["client", "list", "type", "normal"]);
        clients.lines().count() - 1 // the client that asks
    }

    fn new(program: PathBuf, settings: &[(&str, &str)], port: Port, cluster_port: Option<Port>) -> Self {
        let instance = Instance::new("Redis", port);
        let server = Self {
            instance,
            program,
            cluster_port,
        };
        let mut config = format!(
            "port {}\n\
             bind 127.0.0.1\n\
             dir {}\n\
             requirepass {PASSWORD}\n\
             masterauth {PASSWORD}\n\
             # A killed server keeps its data without waiting for the disk: the kernel has them.\n\
             appendonly yes\n\
             appendfsync no\n\
             save \"\"\n\
             repl-diskless-sync-delay 0\n",
            server.port(),
            server.instance.folder().display(),
        );
        for (name, value) in settings {
            let _ = writeln!(config, "{name} {value}");
        }
        std::fs::write(server.config(), config).unwrap();
        server
    }

    fn config(&self) -> PathBuf {
        self.instance.folder().join("redis.conf")
    }
}

impl Server for Redis {
    fn instance(&self) -> &Instance {
        &self.instance
    }

    fn launch(&self) -> Vec<Process> {
        let mut command = daemon(&self.program, self.instance.folder(), None);
        command.arg(self.config());
        vec![self.instance.process(command)]
    }

    fn answers(&self, within: Duration) -> bool {
        let request = format!("AUTH {PASSWORD}\r\nPING\r\n");
        ask(self.port(), request.as_bytes(), within, |answer| {
            answer.ends_with(b"+PONG\r\n")
        })
    }
}

/// A cluster of three masters, without replicas.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
}

impl RedisCluster {
    /// Starts a cluster. `None` if Redis is not installed.
    ///
    /// A node that does not answer for one second counts as failed. Then the other nodes refuse all keys.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start() -> Option<Self> {
        let program = installed("Redis", "redis-server", "redis-server")?;
        let node = |port| {
            let cluster_port = Port::claim();
            let settings = [
                ("cluster-enabled", "yes"),
                ("cluster-node-timeout", "1000"),
                ("cluster-port", &cluster_port.number().to_string()),
            ];
            Redis::new(program.clone(), &settings, port, Some(cluster_port))
        };
        let nodes: Vec<_> = (0..3).map(|_| first_start(node)).collect();
        let cluster = Self { nodes };
        cluster.create();
        Some(cluster)
    }

    /// The nodes, for example to kill one.
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// The URL of each node.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::url).collect()
    }

    /// Whether all nodes say that the cluster is complete.
    ///
    /// # Panics
    ///
    /// If a node does not run.
    pub fn is_ok(&self) -> bool {
        let is_ok = |node: &Redis| node.cli(&["cluster", "info"]).contains("cluster_state:ok");
        self.nodes.iter().all(is_ok)
    }

    fn create(&self) {
        let address = |node: &Redis| {
            let cluster_port = node.cluster_port.as_ref().expect("it is a node of a cluster");
            format!("127.0.0.1:{}@{}", node.port(), cluster_port.number())
        };
        let addresses: Vec<_> = self.nodes.iter().map(address).collect();
        let mut arguments = vec!["--cluster", "create", "--cluster-yes"];
        arguments.splice(2..2, addresses.iter().map(String::as_str));
        let output = self.nodes[0].cli(&arguments);
        assert!(
            wait_until(PATIENCE, || self.is_ok()),
            "the cluster is not complete\n{output}"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::net::TcpListener;

    use super::{Redis, first_start, installed};
    use crate::servers::Server as _;

    #[test]
    fn a_server_takes_another_port_if_its_port_is_taken_before_it_starts() {
        let Some(program) = installed("Redis", "redis-server", "redis-server") else {
            return;
        };
        let other = RefCell::new(None);
        let server = first_start(|port| {
            other
                .borrow_mut()
                .get_or_insert_with(|| TcpListener::bind(("127.0.0.1", port.number())).unwrap());
            Redis::new(program.clone(), &[], port, None)
        });
        let taken = other.take().unwrap().local_addr().unwrap().port();
        assert_ne!(server.port(), taken);
        assert_eq!(server.cli(&["ping"]), "PONG");
    }
}
