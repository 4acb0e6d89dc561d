CREATE TABLE journal (
	migration VARCHAR(32) NOT NULL,
	sequence INTEGER NOT NULL,
	at DATETIME NOT NULL,
	kind VARCHAR(16) NOT NULL,
	name VARCHAR(255) NOT NULL,
	body JSON NOT NULL,
	PRIMARY KEY (migration, sequence)
);
CREATE TABLE leases (
	app VARCHAR(255) NOT NULL,
	migration VARCHAR(32) NOT NULL,
	holder VARCHAR(255) NOT NULL,
	expires_at DATETIME NOT NULL,
	PRIMARY KEY (app)
);
CREATE TABLE migrate_plan_schema (
	version INTEGER NOT NULL,
	PRIMARY KEY (version)
);
CREATE TABLE migrations (
	id VARCHAR(32) NOT NULL,
	app VARCHAR(255) NOT NULL,
	state VARCHAR(16) NOT NULL,
	body JSON NOT NULL,
	created_at DATETIME NOT NULL,
	PRIMARY KEY (id)
);
CREATE INDEX ix_migrations_app ON migrations (app);
