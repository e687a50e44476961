//! Texts without a secret. They say why a check fails, and must not change.

use super::super::clean;

const TEXTS: &[&str] = &[
    "no password given",
    r#"password authentication failed for user "app""#,
    r#"FATAL: password authentication failed for user "app" (SQLSTATE 28P01)"#,
    r#"key: value mismatch in column "key""#,
    "https://host/path mail a@b.c",
    "https://host:8080/at@sign",
    "invalid token at line 3",
    "error code=42P01",
    "Bearer token is missing",
    "bearer authentication failed",
    "Basic authentication is required",
    "unexpected token: }",
    "unexpected token: identifier42 at line 7",
    r#"duplicate key value violates unique constraint "users_pkey""#,
    "Key (id)=(42) already exists.",
    "author: Jane",
    "authority: host:8080",
    "primary key=7",
    "missing field `password` at line 1 column 5",
    "token: expired",
    "token: error sending request for url (https://idp/oauth/token)",
    "1 of 2: token: unhealthy",
    "1 of 2: secret: connection refused",
    "failed to read token: Permission denied (os error 13)",
    "cannot renew the token: Unauthorized",
    "failed to load private key: No such file or directory (os error 2)",
    "failed to parse private key: InvalidEncoding",
    "failed to fetch token: 401 Unauthorized",
    "failed to get secret: NotFound: secrets \"db\" not found",
    "failed to get token: Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }",
    "failed to get token: tcp connect error: 10.0.0.7:8080",
    "reading the secret: https://vault:8200/v1/secret/data/app: 403",
    "invalid private key: x509: certificate signed by unknown authority",
    "vault: secret/data/app: permission denied",
    "Config { host: \"db\", username: None, password: None }",
    "{\"password\": null, \"token\": \"\", \"requires_token\": true}",
    "NOAUTH Authentication required.",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "ORA-01017: invalid username/password; logon denied",
    "Access denied for user 'app'@'10.0.0.7' (using password: YES)",
    "InvalidToken(\"exp is in the past\")",
    "Error(InvalidSignature)",
    "jsonwebtoken: InvalidToken",
    "WWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\"",
    "Secret([REDACTED alloc::string::String])",
    "max_tokens=4096 exceeded: 5000 tokens",
    "token_count=12 bypass=on compass: north",
    "SharedAccessKeyName=Root, access_key_id=abc",
    "routing_key: \"orders\", exchange: \"events\"",
    "https://h/orders?page=2&sort_key=name&keyspace=app&status_code=404",
    "https://registry/v2/app/manifests/sha256:0f4a7e3b6c2d1e5f8a9b0c4d7e6f5a3b",
    "pull image:tag@sha256:0f4a7e3b6c2d1e5f8a9b0c4d7e6f5a3b failed",
    "https://api/orders/550e8400-e29b-41d4-a716-446655440000/items",
    "https://api/orders/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "https://k8s/api/v1/namespaces/default/pods/orders-7d9c6b8f5d-x2x9z",
    "https://h/webhooks/orders is down",
    "/var/lib/docker/overlay2/6f17d22bba15001f6f17d22bba15001f/merged: no space left",
    "mail to mailto:ops@example.com or ops@example.com:25",
    "connect to [::1]:5432: Connection refused (os error 111)",
    "dial tcp 10.0.0.7:5432: connect: connection refused",
    "http://host:8080, contact a@b.c",
    "error trying to connect: dns error: failed to lookup address information: Name or service not known",
    "tls handshake eof; certificate `CN=db` is not valid for name \"db.internal\"",
    "status: Unavailable, message: \"no healthy upstream\", details: [], metadata: MetadataMap { headers: {} }",
    "PoolTimedOut: pool timed out while waiting for an open connection",
    "basic constraints: CA:TRUE",
    "std::token::Error: secret::Kind",
    "100%25 of 3%4 done: 50% at 12:30",
    "the sk-learn and eyJ things, risk-free",
    "LDAP: error code 49 - 80090308: AcceptSecurityContext error, data 52e",
    "jwt: InvalidSignature",
    "password argon2 failed",
    "wrong password given for user app",
    "http://host: mail a@b.c",
    "the key orders42 is locked",
    "{\"name\": \"password\", \"valueFrom\": \"vault\"}",
];

#[test]
fn a_text_without_a_secret_is_unchanged() {
    assert!(TEXTS.len() >= 30);
    let wrong: Vec<_> = TEXTS
        .iter()
        .map(|text| (text, clean(text)))
        .filter(|(text, cleaned)| ***text != **cleaned)
        .map(|(text, cleaned)| format!("{text}\n  → {cleaned}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        TEXTS.len(),
        wrong.join("\n")
    );
}
