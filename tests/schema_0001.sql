BEGIN TRANSACTION;
CREATE TABLE baselines (
	bed TEXT NOT NULL, 
	baseline TEXT NOT NULL, 
	PRIMARY KEY (bed)
);
INSERT INTO "baselines" VALUES('bed-4','{}');
CREATE TABLE bed_states (
	bed TEXT NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (bed)
);
INSERT INTO "bed_states" VALUES('bed-4','{"format":"vigil-alert-state","state":{"alerts":2,"assessed_s":41.0,"audio_until_s":null,"bed":"bed-4","boot":"one","now_at":"2026-03-01T00:02:22Z","now_s":142.0,"paused_s":0.0,"privacy_until_s":null,"told":4,"topics":{"camera_offline":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"cannot_assess":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"distress_anger":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"distress_fear":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"distress_sadness":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"explainer_down":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"pain":{"acked_s":null,"confidence":1.0,"ended_s":109.0,"fact":"true","hushed":false,"latch":{"alert_onset_s":137.0,"false_since_s":null,"now_s":142.0,"onset_s":137.0,"presence":"on","quiet_s":0.0,"start_s":142.0,"true_s":142.0},"level":0,"number":2,"raised_s":142.0,"seen_s":142.0,"sentence":"pain now","verdict":null,"waiting_s":0.0,"weak":false},"picture_black":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"picture_covered":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"picture_frozen":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"picture_lost":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"picture_size":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"picture_torn":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false},"service_trouble":{"acked_s":null,"confidence":0.0,"ended_s":null,"fact":"unknown","hushed":false,"latch":{"alert_onset_s":0.0,"false_since_s":null,"now_s":"-inf","onset_s":null,"presence":"off","quiet_s":0.0,"start_s":0.0,"true_s":"-inf"},"level":0,"number":0,"raised_s":0.0,"seen_s":"-inf","sentence":"","verdict":null,"waiting_s":0.0,"weak":false}},"watch_from_at":"2026-03-01T00:01:40Z","watched_s":42.0},"version":1}
');
CREATE TABLE configuration_changes (
	id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	"by" TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "configuration_changes" VALUES(1,1772323200000000,'root','reloaded','ab12');
CREATE TABLE open_minutes (
	bed TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (bed, at)
)
 WITHOUT ROWID

;
INSERT INTO "open_minutes" VALUES('bed-4',1772323260);
CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	sink TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	body TEXT, 
	CONSTRAINT outbox_once UNIQUE (sink, message_id)
);
INSERT INTO "outbox" VALUES(1,'mqtt','m0',1772323200000000,NULL);
INSERT INTO "outbox" VALUES(2,'mqtt','m1',1772323200000000,NULL);
INSERT INTO "outbox" VALUES(3,'mqtt','m2',1772323200000000,'{}');
CREATE TABLE outbox_drops (
	sink TEXT NOT NULL, 
	cause TEXT NOT NULL, 
	count BIGINT NOT NULL, 
	PRIMARY KEY (sink, cause)
);
INSERT INTO "outbox_drops" VALUES('mqtt','too_many',1);
CREATE TABLE transitions (
	id INTEGER NOT NULL, 
	bed TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	now_s DOUBLE, 
	reason TEXT NOT NULL, 
	alert_id TEXT, 
	topic TEXT, 
	kind TEXT, 
	priority TEXT, 
	presence TEXT, 
	audible BOOLEAN, 
	weak BOOLEAN NOT NULL, 
	level INTEGER NOT NULL, 
	who TEXT, 
	"by" TEXT, 
	verdict TEXT, 
	held_s DOUBLE, 
	out_s DOUBLE, 
	seconds DOUBLE, 
	assessed_s DOUBLE, 
	paused_s DOUBLE, 
	confidence DOUBLE, 
	sentence TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT transitions_once UNIQUE (bed, number, at)
);
INSERT INTO "transitions" VALUES(1,'bed-4',1,1772323306000000,106.0,'condition_held','bed-4:1','pain','physiological','high','on',1,0,0,'nurse',NULL,NULL,5.0,0.0,NULL,NULL,NULL,1.0,'pain now');
INSERT INTO "transitions" VALUES(2,'bed-4',2,1772323306000000,106.0,'acknowledged','bed-4:1','pain','physiological','high','acknowledged',0,0,0,'nurse','Zoë','other_need',5.0,0.0,NULL,NULL,NULL,1.0,'pain now');
INSERT INTO "transitions" VALUES(3,'bed-4',3,1772323309000000,109.0,'condition_ended','bed-4:1','pain','physiological','high','off',0,0,0,'nurse',NULL,'other_need',8.0,3.0,NULL,NULL,NULL,1.0,'pain now');
INSERT INTO "transitions" VALUES(4,'bed-4',4,1772323342000000,142.0,'condition_held','bed-4:2','pain','physiological','high','on',1,0,0,'nurse',NULL,NULL,5.0,0.0,NULL,NULL,NULL,1.0,'pain now');
CREATE TABLE trend_minutes (
	bed TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	seconds INTEGER NOT NULL, 
	judged INTEGER NOT NULL, 
	pain_share DOUBLE, 
	score_mean DOUBLE, 
	score_min DOUBLE, 
	score_max DOUBLE, 
	confidence_mean DOUBLE, 
	coverage_mean DOUBLE, 
	pspi_mean DOUBLE, 
	pspi_max DOUBLE, 
	mu_mean DOUBLE, 
	fps_mean DOUBLE, 
	cannot_assess TEXT, 
	emotions TEXT, 
	PRIMARY KEY (bed, at)
)
 WITHOUT ROWID

;
INSERT INTO "trend_minutes" VALUES('bed-4',1772323200,3,3,1.0,0.5,0.5,0.5,0.5,1.0,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE trend_seconds (
	bed TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	level TEXT NOT NULL, 
	score DOUBLE, 
	confidence DOUBLE, 
	coverage DOUBLE, 
	pspi DOUBLE, 
	cannot_assess TEXT, 
	mu DOUBLE, 
	fps DOUBLE, 
	emotions TEXT, 
	PRIMARY KEY (bed, at)
)
 WITHOUT ROWID

;
INSERT INTO "trend_seconds" VALUES('bed-4',1772323200,'pain',0.5,0.5,1.0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "trend_seconds" VALUES('bed-4',1772323201,'pain',0.5,0.5,1.0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "trend_seconds" VALUES('bed-4',1772323202,'pain',0.5,0.5,1.0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "trend_seconds" VALUES('bed-4',1772323260,'no_pain',0.25,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE vigil_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT vigil_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "vigil_schema" VALUES('0001');
CREATE INDEX transitions_at ON transitions (at);
CREATE INDEX outbox_waiting ON outbox (sink, id) WHERE body IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('outbox',3);
COMMIT;
