BEGIN TRANSACTION;
CREATE TABLE acks (
	agency VARCHAR NOT NULL, 
	"by" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (agency)
);
INSERT INTO "acks" VALUES('H26','lan','đang xử lý','2026-03-01 17:00:00.123456');
CREATE TABLE acts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at DATETIME NOT NULL, 
	who TEXT NOT NULL, 
	what VARCHAR NOT NULL, 
	about TEXT NOT NULL, 
	reason TEXT NOT NULL
);
INSERT INTO "acts" VALUES(1,'2026-03-01 17:00:00.123456','lan','ack','H26','đang xử lý');
CREATE TABLE changes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at DATETIME NOT NULL, 
	agency VARCHAR NOT NULL, 
	what VARCHAR NOT NULL, 
	"before" VARCHAR NOT NULL, 
	"after" VARCHAR NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL
);
INSERT INTO "changes" VALUES(1,'2026-03-01 17:00:00.123456','H26','portal','ok','failed','http_5xx','502');
CREATE TABLE checks (
	name VARCHAR NOT NULL, 
	meaning TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "checks" VALUES('portal','http connected');
CREATE TABLE deliveries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	notice VARCHAR NOT NULL, 
	channel VARCHAR NOT NULL, 
	since DATETIME NOT NULL, 
	not_before DATETIME NOT NULL, 
	tries INTEGER NOT NULL, 
	fate VARCHAR NOT NULL, 
	problem TEXT NOT NULL, 
	settled DATETIME, 
	UNIQUE (notice, channel), 
	FOREIGN KEY(notice) REFERENCES notices ("key")
);
INSERT INTO "deliveries" VALUES(1,'k1','mail','2026-03-01 17:00:00.123456','2026-03-01 17:00:00.123456',0,'pending','',NULL);
CREATE TABLE life (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "life" VALUES(1,'2026-03-01 17:00:00.123456');
CREATE TABLE memory (
	kind VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (kind, "key")
);
INSERT INTO "memory" VALUES('lost','H26 merged','{"v":1,"value":"2026-03-01T17:00:00.123456Z"}');
INSERT INTO "memory" VALUES('story','loss H26','{"v":1,"value":{"since":"2026-03-01T17:00:00.123456Z","severity":"warning","told_at":null,"over_since":null,"turns":[],"stage":0,"reminders":0,"escalated":false,"unstable":false,"told":["k1"],"on":["a"]}}');
INSERT INTO "memory" VALUES('story','incident issuer C=VN, O=A B','{"v":1,"value":{"since":"2026-03-01T17:00:00.123456Z","severity":"critical","told_at":null,"over_since":null,"turns":[],"stage":0,"reminders":0,"escalated":false,"unstable":false,"told":[],"on":[]}}');
INSERT INTO "memory" VALUES('story','blind','{"v":1,"value":{"since":"2026-03-01T17:00:00.123456Z","severity":"critical","told_at":null,"over_since":null,"turns":["2026-03-01T17:00:00.123456Z"],"stage":0,"reminders":0,"escalated":false,"unstable":false,"told":[],"on":[]}}');
INSERT INTO "memory" VALUES('incident','issuer C=VN, O=A B','{"v":1,"value":{"cause":{"sharing":"issuer","value":"C=VN, O=A B"},"since":"2026-03-01T17:00:00.123456Z","down":["H26"],"of":4,"quiet_since":null,"ever":[]}}');
INSERT INTO "memory" VALUES('incident','monitor ','{"v":1,"value":{"cause":{"sharing":"monitor","value":""},"since":"2026-03-01T17:01:00.123456Z","down":[],"of":84,"quiet_since":null,"ever":[]}}');
INSERT INTO "memory" VALUES('score','province','{"v":1,"value":[62,63]}');
INSERT INTO "memory" VALUES('score','ministry','{"v":1,"value":[10,21]}');
INSERT INTO "memory" VALUES('rest','rest','{"v":1,"value":{"began":true,"daily":"2026-03-01T17:00:00.123456Z","weekly":null}}');
CREATE TABLE notices (
	"key" VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "notices" VALUES('k1','2026-03-01 17:00:00.123456','{"v":1,"value":{"key":"k1","event":"lost","at":"2026-03-01T17:00:00.123456Z","severity":"warning","entries":[{"agency":"H26","name":"Hà Nội","name_en":"Hanoi","level":"province","conditions":[],"since":"2026-03-01T17:00:00.123456Z","until":null,"because":[],"reasons":[],"detail":"lỗi 502","times":0,"expires":null,"document":null,"issued":null,"issuer":null,"says":null,"looks":null,"ack":null}],"more":0,"groups":[],"moves":[],"after":[],"told":[],"escalated":false,"share":null,"since":null,"until":null,"channel":"","problem":"","events":[],"synthetic":null}}');
CREATE TABLE npsp_monitor_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT npsp_monitor_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "npsp_monitor_version" VALUES('0001');
CREATE TABLE standings (
	agency VARCHAR NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (agency)
);
INSERT INTO "standings" VALUES('H26','{"v":1,"value":{"merged":{"answer":"no","since":"2026-03-01T17:00:00.123456Z","because":["portal"],"reasons":["http_5xx"],"detail":"502","conflict":null},"connected":{"answer":"no","since":"2026-03-01T17:00:00.123456Z","because":["portal"],"reasons":["http_5xx"],"detail":"502","conflict":null},"integrated":{"answer":"no","since":"2026-03-01T17:00:00.123456Z","because":["portal"],"reasons":["http_5xx"],"detail":"502","conflict":null}}}');
CREATE TABLE states (
	agency VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (agency, name)
);
INSERT INTO "states" VALUES('H26','portal','{"v":1,"value":{"status":"failed","since":"2026-03-01T17:00:00.123456Z","reason":"http_5xx","detail":"502","recent":["failed","failed"]}}');
CREATE TABLE windows (
	id VARCHAR NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_changes_at ON changes (at);
CREATE INDEX ix_notices_at ON notices (at);
CREATE INDEX ix_deliveries_settled ON deliveries (settled);
CREATE INDEX deliveries_pending ON deliveries (channel, id) WHERE fate = 'pending';
CREATE INDEX ix_acts_at ON acts (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('changes',1);
INSERT INTO "sqlite_sequence" VALUES('deliveries',1);
INSERT INTO "sqlite_sequence" VALUES('acts',1);
COMMIT;
