//! Texts with a secret, as drivers, SDKs and `Debug` write them.

use super::super::clean;

/// The secret in all texts is `HUNTER2`, alone or in longer tokens. The second column lists the text that must stay.
const TEXTS: &[(&str, &[&str])] = &[
    // URLs
    (
        "error communicating with database: postgres://app:HUNTER2@db.internal:5432/orders",
        &["error communicating", "db.internal:5432/orders"],
    ),
    (
        r#"Configuration(RelativeUrlWithoutBase) for "postgres://app:HUNTER2@db/orders""#,
        &["RelativeUrlWithoutBase", "db/orders"],
    ),
    (
        "redis://:HUNTER2@cache:6379/0: Connection refused (os error 111)",
        &["cache:6379/0: Connection refused (os error 111)"],
    ),
    (
        r#"ConnectionInfo { addr: Tcp("cache", 6379), redis: RedisConnectionInfo { db: 0, username: None, password: Some("HUNTER2"), protocol: RESP2 } }"#,
        &[r#"Tcp("cache", 6379)"#, "username: None", "RESP2"],
    ),
    (
        "Kind: Server selection timeout: mongodb+srv://svc:HUNTER2@c0.abc.mongodb.net/?retryWrites=true",
        &["Server selection timeout", "c0.abc.mongodb.net/?retryWrites=true"],
    ),
    (
        "mongodb://svc:HUNTER2@a:27017,b:27017/?replicaSet=rs0: No available servers",
        &["a:27017,b:27017", "No available servers"],
    ),
    (
        "amqp://worker:HUNTER2@mq:5672/%2f: IOError(Connection refused)",
        &["mq:5672/%2f: IOError(Connection refused)"],
    ),
    (
        "could not connect to postgres://app:my HUNTER2 pass@db:5432/orders",
        &["could not connect", "db:5432/orders"],
    ),
    (
        r#"invalid url "postgres://app:my HUNTER2@db/orders": invalid port number"#,
        &["invalid url", "db/orders", "invalid port number"],
    ),
    (
        "postgres://app:HUNT/HUNTER2?#@db/orders: timeout",
        &["db/orders: timeout"],
    ),
    (
        "redirect_uri=postgres%3A%2F%2Fapp%3AHUNTER2%40db%2Forders is not allowed",
        &["redirect_uri=", "db%2Forders is not allowed"],
    ),
    (
        "https://proxy/?url=https%253A%252F%252Fu%253AHUNTER2%2540host%252F",
        &["https://proxy/?url=", "host%252F"],
    ),
    (
        "https://HUNTER2@o0.ingest.sentry.io/4505: 401",
        &["o0.ingest.sentry.io/4505: 401"],
    ),
    (
        r#"Url { scheme: "postgres", cannot_be_a_base: false, username: "app", password: Some("HUNTER2"), host: Some(Domain("db")), port: Some(5432), path: "/orders", query: None, fragment: None }"#,
        &[r#"Domain("db")"#, "Some(5432)", r#"path: "/orders""#],
    ),
    (
        "nats: permissions violation for nats://HUNTER2@nats:4222",
        &["permissions violation", "nats:4222"],
    ),
    (
        "jdbc:postgresql://db:5432/orders?user=app&password=HUNTER2&ssl=true",
        &["db:5432/orders?user=app&password=", "&ssl=true"],
    ),
    (
        "clickhouse: http://ch:8123/?user=default&password=HUNTER2: Code: 516. Authentication failed",
        &["ch:8123", "Code: 516. Authentication failed"],
    ),
    // data sources without a scheme
    (
        "dial: app:HUNTER2@tcp(db:3306)/orders?parseTime=true: connect: connection refused",
        &["dial", "tcp(db:3306)/orders", "connection refused"],
    ),
    (
        "dsn=app:HUNT@ER:HUNTER2@unix(/run/mysqld.sock)/orders",
        &["dsn=", "unix(/run/mysqld.sock)/orders"],
    ),
    (
        "open app:two HUNTER2@tcp(db:3306)/orders: EOF",
        &["tcp(db:3306)/orders: EOF"],
    ),
    (
        "cannot reach root:HUNTER2@localhost:3306/shop",
        &["cannot reach", "localhost:3306/shop"],
    ),
    (
        "host=db user=app password=HUNTER2 dbname=orders connect_timeout=3",
        &["host=db user=app password=", "dbname=orders connect_timeout=3"],
    ),
    (
        "host=db password='two HUNTER2' dbname=orders",
        &["host=db", "dbname=orders"],
    ),
    (
        r"host=db password='it\'s HUNTER2' dbname=orders",
        &["host=db", "dbname=orders"],
    ),
    (
        "Server=tcp:sql.database.windows.net,1433;User ID=app;Password=HUNTER2;Encrypt=True",
        &["sql.database.windows.net,1433", "User ID=app", "Encrypt=True"],
    ),
    (
        "Server=db;Password=two HUNTER2;Database=orders",
        &["Server=db", "Database=orders"],
    ),
    (
        "Driver={ODBC Driver 18};Server=db;Pwd={a;HUN}}HUNTER2};Uid=app",
        &["ODBC Driver 18", "Server=db", "Uid=app"],
    ),
    (
        "cache.redis.cache.windows.net:6380,password=HUNTER2=,ssl=True,abortConnect=False",
        &["cache.redis.cache.windows.net:6380", "ssl=True"],
    ),
    (
        "DefaultEndpointsProtocol=https;AccountName=logs;AccountKey=HUNTER2==;EndpointSuffix=core.windows.net",
        &["AccountName=logs", "EndpointSuffix=core.windows.net"],
    ),
    (
        "azure: account_key=HUNTER2 container=logs: AuthenticationFailed",
        &["container=logs: AuthenticationFailed"],
    ),
    (
        "Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=HUNTER2=;EntityPath=q",
        &["bus.servicebus.windows.net", "SharedAccessKeyName=Root"],
    ),
    (
        "InstrumentationKey=HUNTER2;IngestionEndpoint=https://westeurope.in.applicationinsights.azure.com/",
        &["westeurope.in.applicationinsights.azure.com"],
    ),
    // queries
    (
        "error sending request for url (https://api.openweathermap.org/data/2.5/weather?q=Bern&appid=HUNTER2)",
        &[
            "error sending request",
            "api.openweathermap.org/data/2.5/weather?q=Bern&appid=",
        ],
    ),
    (
        "error sending request for url (https://maps.googleapis.com/maps/api/geocode/json?key=HUNTER2&address=x)",
        &["maps.googleapis.com/maps/api/geocode/json?key=", "&address=x)"],
    ),
    (
        "HTTP status client error (403 Forbidden) for url (https://db.firebaseio.com/a.json?auth=HUNTER2)",
        &["403 Forbidden", "db.firebaseio.com/a.json?auth="],
    ),
    (
        "https://app/ws?jwt=HUNTER2: 101 expected",
        &["https://app/ws?jwt=", "101 expected"],
    ),
    (
        "https://idp/cb?state=a&code=HUNTER2#top",
        &["https://idp/cb?state=a&code=", "#top"],
    ),
    (
        "https://logs.blob.core.windows.net/c?sv=2022-11-02&se=2026&sig=HUNTER2%3D&sp=r",
        &["logs.blob.core.windows.net/c?sv=2022-11-02", "&sp=r"],
    ),
    (
        "https://fn.azurewebsites.net/api/ping?code=HUNTER2==",
        &["fn.azurewebsites.net/api/ping?code="],
    ),
    ("https://h/a?x=1&amp;key=HUNTER2&amp;y=2", &["https://h/a?x=1", "y=2"]),
    (
        "https://h/a?subscription-key=HUNTER2 timed out",
        &["https://h/a?subscription-key=", " timed out"],
    ),
    (
        "https://b.s3.amazonaws.com/k?X-Amz-Security-Token=HUNTER2%2F%2F&X-Amz-Expires=60&X-Amz-Signature=HUNTER2",
        &["b.s3.amazonaws.com/k", "X-Amz-Expires=60"],
    ),
    (
        r#"reqwest::Error { kind: Request, url: "https://h/a?access_token=HUNTER2", source: TimedOut }"#,
        &["kind: Request", "https://h/a?access_token=", "TimedOut"],
    ),
    (
        r#"Url { scheme: "https", host: Some(Domain("h")), path: "/a", query: Some("key=HUNTER2&q=1"), fragment: None }"#,
        &[r#"Domain("h")"#, "&q=1"],
    ),
    ("wss://stream/ws?listenKey=HUNTER2", &["wss://stream/ws?listenKey="]),
    (
        "GET /v1/ping?apitoken=HUNTER2 HTTP/1.1 failed",
        &["GET /v1/ping?apitoken=", "HTTP/1.1 failed"],
    ),
    // paths
    (
        "error sending request for url (https://api.telegram.org/bot123456:AAF-HUNTER2_x/getMe): dns error",
        &["api.telegram.org/bot", "/getMe", "dns error"],
    ),
    (
        "https://api.telegram.org/bot123456%3AHUNTER2/getMe",
        &["api.telegram.org/bot", "/getMe"],
    ),
    (
        "https://hooks.slack.com/services/T0AB/B0CD/HUNTER2 returned 404 no_team",
        &["hooks.slack.com/", "returned 404 no_team"],
    ),
    (
        "POST /services/T0AB/B0CD/HUNTER2: 410 Gone",
        &["POST /services/", "410 Gone"],
    ),
    (
        "https://discord.com/api/webhooks/1234567890/HUNTER2_abc: 429",
        &["discord.com/api/webhooks/", "429"],
    ),
    (
        "https://acme.webhook.office.com/webhookb2/HUNTER2@guid/IncomingWebhook/HUNTER2/x",
        &["acme.webhook.office.com/webhookb2/"],
    ),
    (
        "https://mainnet.infura.io/v3/0HUNTER29aa3d6fB7cQ2e4dAe8fKZb8f76: 429 Too Many Requests",
        &["mainnet.infura.io/v3/", "429 Too Many Requests"],
    ),
    (
        "https://eth-mainnet.g.alchemy.com/v2/aZ-9qHUNTER2_wE7rT1yU3iO5pL8kJ",
        &["eth-mainnet.g.alchemy.com/v2/"],
    ),
    (
        r#"Url { scheme: "https", host: Some(Domain("api.telegram.org")), path: "/bot1:HUNTER2/getMe", query: None }"#,
        &["api.telegram.org", "/getMe"],
    ),
    (
        "https://push/api/token/HUNTER2/send: 500",
        &["https://push/api/token/", "/send: 500"],
    ),
    // headers
    (
        "request failed with header Bearer HUNTER2",
        &["request failed with header Bearer"],
    ),
    (
        "401 Unauthorized for Basic dXNlcjpIVU5URVIySFVOVEVSMg==",
        &["401 Unauthorized for Basic"],
    ),
    ("authorization: Bearer HUNTER2\nhost: api", &["host: api"]),
    ("Authorization: Token HUNTER2", &["Authorization: Token"]),
    ("Authorization: ApiKey HUNTER2==", &["Authorization: ApiKey"]),
    (
        r#"Authorization: Digest username="app", realm="x", nonce="HUNTER2", response="HUNTER2", rejected"#,
        &["Authorization: Digest", "rejected"],
    ),
    (
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAX/20260101, SignedHeaders=host, Signature=HUNTER2",
        &["Authorization: AWS4-HMAC-SHA256"],
    ),
    ("Authorization: SharedKey logs:HUNTER2=", &["Authorization: SharedKey"]),
    ("Cookie: sid=a; session=HUNTER2; theme=b", &["Cookie: "]),
    ("set-cookie: session=HUNTER2; Path=/; HttpOnly", &["set-cookie: "]),
    ("Ocp-Apim-Subscription-Key: HUNTER2", &["Ocp-Apim-Subscription-Key: "]),
    ("x-functions-key: HUNTER2", &["x-functions-key: "]),
    (
        r#"{"host": "es:9200", "x-api-key": "HUNTER2", "authorization": "ApiKey HUNTER2"}"#,
        &["es:9200"],
    ),
    (
        r#"MetadataMap { headers: {"x-goog-api-key": "HUNTER2", "te": "trailers"} }"#,
        &[r#""te": "trailers""#],
    ),
    (
        r#"headers: [("authorization", "Bearer HUNTER2"), ("accept", "*/*")]"#,
        &[r#"("accept", "*/*")"#],
    ),
    // Debug output
    (
        r#"Config { host: "db", password: Secret("HUNTER2"), port: 5432 }"#,
        &[r#"host: "db""#, "port: 5432"],
    ),
    (
        r#"Config { host: "db", password: Some(Secret("HUNTER2")), port: 5432 }"#,
        &[r#"host: "db""#, "port: 5432"],
    ),
    (
        r#"Config { host: "db", password: Some(Secret { inner: "HUNTER2" }), port: 5432 }"#,
        &[r#"host: "db""#, "port: 5432"],
    ),
    (
        r#"Config { db: Db { host: "db", auth: Auth { user: "app", password: Some(Wrapper(Inner("HUNTER2"))) } }, port: 1 }"#,
        &[r#"host: "db""#, r#"user: "app""#, "port: 1"],
    ),
    (
        r#"invalid settings: SecretString("HUNTER2") is too short"#,
        &["invalid settings", "is too short"],
    ),
    (r#"Client { key: ApiKey("HUNTER2"), host: "h" }"#, &[r#"host: "h""#]),
    (
        r#"Client { inner: Secret<alloc::string::String>("HUNTER2"), host: "h" }"#,
        &[r#"host: "h""#],
    ),
    (
        r#"value: Secret { value: Some("HUNTER2") }, host: "h""#,
        &[r#"host: "h""#],
    ),
    (
        "Config {\n    host: \"db\",\n    password: Some(\n        \"HUNTER2\",\n    ),\n    port: 5432,\n}",
        &["host: \"db\"", "port: 5432"],
    ),
    (r#"Config { auth: Some("HUNTER2"), host: "db" }"#, &[r#"host: "db""#]),
    (r#"Config { password: b"HUNTER2", host: "db" }"#, &[r#"host: "db""#]),
    (r#"Config { password: "a\"HUNTER2", host: "db" }"#, &[r#"host: "db""#]),
    (
        r#"Config { password: Some("a)\"HUNTER2"), host: "db" }"#,
        &[r#"host: "db""#],
    ),
    (
        r#"Elasticsearch { credentials: Basic("elastic", "HUNTER2"), url: "http://es:9200" }"#,
        &["http://es:9200"],
    ),
    (
        r#"SmtpTransport { server: "smtp", credentials: Some(Credentials { authentication_identity: "u", secret: "HUNTER2" }) }"#,
        &[r#"server: "smtp""#],
    ),
    (
        r#"Credentials { access_key_id: "AKIAHUNTER2EXAMPLE00", secret_access_key: "HUNTER2", session_token: Some("HUNTER2"), expires_after: None }"#,
        &["access_key_id", "expires_after: None"],
    ),
    (
        r#"Opts { user: Some("root"), pass: Some("HUNTER2"), ip_or_hostname: "db", tcp_port: 3306 }"#,
        &[r#"ip_or_hostname: "db""#, "tcp_port: 3306"],
    ),
    (
        r#"ServiceAccountKey { client_email: "a@p.iam.gserviceaccount.com", private_key: "-----BEGIN PRIVATE KEY-----\nHUNTER2\n-----END PRIVATE KEY-----\n", token_uri: "https://oauth2.googleapis.com/token" }"#,
        &["a@p.iam.gserviceaccount.com", "https://oauth2.googleapis.com/token"],
    ),
    (
        r#"ClientConfig { conf_map: {"bootstrap.servers": "k:9092", "sasl.password": "HUNTER2"}, log_level: Error }"#,
        &["k:9092", "log_level: Error"],
    ),
    (
        r#"sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="HUNTER2";"#,
        &["PlainLoginModule required", r#"username="app""#],
    ),
    (
        r"tokens: Tokens { access: Token([72, 85, 78, 84]), refresh_token: Some(HUNTER2) }",
        &["access"],
    ),
    (
        r#"event: "{\"user\":\"app\",\"password\":\"HUN\\\"HUNTER2\",\"host\":\"db\"}""#,
        &[r#"\"host\":\"db\""#],
    ),
    (
        r#"Error("{\"error\":\"bad\",\"detail\":\"Secret(\\\"HUNTER2\\\")\"}", line: 1)"#,
        &[r#"\"error\":\"bad\""#, "line: 1"],
    ),
    // JSON, XML, SQL, command lines, environments
    (
        r#"{"type":"invalid_grant","client_secret":"HUNTER2","client_id":"web"}"#,
        &["invalid_grant", r#""client_id":"web""#],
    ),
    ("body: {'api_key': 'HUNTER2', 'region': 'eu'}", &["'region': 'eu'"]),
    (
        "<Error><Code>Denied</Code><Password>HUNTER2</Password></Error>",
        &["<Code>Denied</Code>", "</Password>"],
    ),
    (
        r#"syntax error in "ALTER ROLE app PASSWORD 'HUNTER2' LOGIN""#,
        &["syntax error in", "LOGIN"],
    ),
    (
        "CREATE USER app IDENTIFIED BY 'HUNTER2': access denied",
        &["CREATE USER app", "access denied"],
    ),
    (
        "duplicate key value violates unique constraint: Key (api_key)=(HUNTER2) already exists.",
        &["duplicate key value", "already exists."],
    ),
    (
        "spawn mysqldump --host db --password HUNTER2 orders: No such file",
        &["--host db", "No such file"],
    ),
    ("psql --token=HUNTER2: exit status 2", &["exit status 2"]),
    ("env: DATABASE_PASSWORD=HUNTER2 PORT=80", &["PORT=80"]),
    ("api key: HUNTER2", &["api key: "]),
    (
        "incorrect password: HUNTER2 for app",
        &["incorrect password: ", " for app"],
    ),
    ("token = \"HUNTER2\" in line 3", &["in line 3"]),
    ("password=a,HUNTER2,b host=db", &["host=db"]),
    ("(password=ab'c)HUNTER2)", &["(password="]),
    (
        "bind as cn=app, pw=HUNTER2: invalid credentials",
        &["cn=app", "invalid credentials"],
    ),
    // tokens of a known shape
    (
        "The AWS Access Key Id AKIAHUNTER2EXAMPLE00 does not exist",
        &["The AWS Access Key Id", "does not exist"],
    ),
    ("git: ghp_HUNTER2abcdefghijklmnopqrst rejected", &["git: ", " rejected"]),
    (
        "stripe: Invalid API Key provided: sk_live_51HUNTER2abc",
        &["stripe: Invalid API Key provided: "],
    ),
    ("slack: invalid_auth xoxb-12345-HUNTER2", &["slack: invalid_auth "]),
    ("slack: xoxp-1-HUNTER2-abc expired", &["slack: ", " expired"]),
    (
        "decode eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.HUNTER2-x_y: ExpiredSignature",
        &["decode ", "ExpiredSignature"],
    ),
    (
        "bad key -----BEGIN RSA PRIVATE KEY-----\nMIIEHUNTER2\n-----END RSA PRIVATE KEY----- in a.pem",
        &["bad key -----BEGIN RSA PRIVATE KEY-----", "in a.pem"],
    ),
    (
        "private_key=-----BEGIN EC PRIVATE KEY-----\nabc\nHUNTER2\n-----END EC PRIVATE KEY-----",
        &["private_key="],
    ),
    ("glpat-HUNTER2abcdefghij is revoked", &["is revoked"]),
    (
        "sendgrid SG.HUNTER2abcdefg.hijklmnopqrstuv failed",
        &["sendgrid", "failed"],
    ),
    (
        r#"cannot connect to "postgres+ssl://app:12 HUN: HUNTER2@db/orders""#,
        &["cannot connect to", "db/orders"],
    ),
    ("postgres://app: HUNTER2@db/orders: refused", &["db/orders: refused"]),
    ("cannot reach app:HUNTER2@[::1]:5432", &["cannot reach", "[::1]:5432"]),
    (
        r#"EnvVar { name: "DB_PASSWORD", value: Some("HUNTER2"), value_from: None }"#,
        &["DB_PASSWORD", "value_from: None"],
    ),
    (
        r#"<add key="password" value="HUNTER2"/> in web.config"#,
        &["in web.config"],
    ),
    (
        r#"[("password", Some("HUNTER2")), ("host", Some("db"))]"#,
        &[r#"("host", Some("db"))"#],
    ),
    (
        r#"failed to get a token: StorageCredentials::Key("logs", "HUNTER2")"#,
        &["failed to get a token: StorageCredentials::Key("],
    ),
    (
        r#"wrong password: Some("HUNTER2") for app"#,
        &["wrong password: Some(", " for app"],
    ),
    (r#"error: SecretBox<str>("HUNTER2"), host: "db""#, &[r#"host: "db""#]),
    (
        r#"status: Unauthenticated, message: "invalid api key HUNTER2", details: []"#,
        &["status: Unauthenticated", "invalid api key", "details: []"],
    ),
    (
        "LDAP bind failed: cn=admin password HUNTER2",
        &["LDAP bind failed: cn=admin"],
    ),
    ("token_v2=HUNTER2 jwt=HUNTER2 region=eu", &["region=eu"]),
    (
        r#"AmqpUserInfo { username: "guest", password: "HUNTER2" }, host: "mq", port: 5672"#,
        &[r#"host: "mq", port: 5672"#],
    ),
    (
        "POST /v3/0HUNTER29aa3d6fB7cQ2e4dAe8fKZb8f76 HTTP/1.1: 429",
        &["POST /v3/", "HTTP/1.1: 429"],
    ),
];

#[test]
fn a_secret_is_masked_and_the_text_that_helps_an_operator_is_kept() {
    assert!(TEXTS.len() >= 60);
    let mut wrong = Vec::new();
    for (text, kept) in TEXTS {
        let cleaned = clean(text);
        let readable = ["HUNTER2", "SFVOVEVSMg", "72, 85"]
            .iter()
            .any(|secret| cleaned.contains(secret));
        let lost: Vec<_> = kept.iter().filter(|kept| !cleaned.contains(*kept)).collect();
        if readable || !cleaned.contains(super::MASK) || !lost.is_empty() {
            wrong.push(format!("{text}\n  → {cleaned}\n  lost: {lost:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        TEXTS.len(),
        wrong.join("\n")
    );
}
