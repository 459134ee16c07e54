BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('d2f4e1b3c5a7');
CREATE TABLE asset (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR(1500) NOT NULL, 
	uri VARCHAR(1500) NOT NULL, 
	"group" VARCHAR(1500) NOT NULL, 
	extra JSON NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL
);
INSERT INTO "asset" VALUES(1,'alva_lever_push_results_covered','alva-lever://covered/alva_lever_push_results','asset','{}','2026-11-26 13:49:32.580957','2026-11-26 13:49:32.580967');
INSERT INTO "asset" VALUES(2,'alva_lever_sync_postings_covered','alva-lever://covered/alva_lever_sync_postings','asset','{}','2026-11-26 13:49:32.580968','2026-11-26 13:49:32.580969');
INSERT INTO "asset" VALUES(3,'alva_lever_invite_candidates_covered','alva-lever://covered/alva_lever_invite_candidates','asset','{}','2026-11-26 13:49:32.580970','2026-11-26 13:49:32.580970');
CREATE TABLE asset_active (
	name VARCHAR(1500) NOT NULL, 
	uri VARCHAR(1500) NOT NULL, 
	CONSTRAINT asset_active_pkey PRIMARY KEY (name, uri), 
	CONSTRAINT asset_active_asset_name_uri_fkey FOREIGN KEY(name, uri) REFERENCES asset (name, uri) ON DELETE CASCADE
);
INSERT INTO "asset_active" VALUES('alva_lever_push_results_covered','alva-lever://covered/alva_lever_push_results');
INSERT INTO "asset_active" VALUES('alva_lever_sync_postings_covered','alva-lever://covered/alva_lever_sync_postings');
INSERT INTO "asset_active" VALUES('alva_lever_invite_candidates_covered','alva-lever://covered/alva_lever_invite_candidates');
CREATE TABLE asset_alias (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR(1500) NOT NULL, 
	"group" VARCHAR(1500) NOT NULL
);
CREATE TABLE asset_alias_asset (
	alias_id INTEGER NOT NULL, 
	asset_id INTEGER NOT NULL, 
	CONSTRAINT asset_alias_asset_pkey PRIMARY KEY (alias_id, asset_id), 
	CONSTRAINT asset_alias_asset_alias_id_fkey FOREIGN KEY(alias_id) REFERENCES asset_alias (id) ON DELETE CASCADE, 
	CONSTRAINT asset_alias_asset_asset_id_fkey FOREIGN KEY(asset_id) REFERENCES asset (id) ON DELETE CASCADE
);
CREATE TABLE asset_alias_asset_event (
	alias_id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	CONSTRAINT asset_alias_asset_event_pkey PRIMARY KEY (alias_id, event_id), 
	CONSTRAINT asset_alias_asset_event_alias_id_fkey FOREIGN KEY(alias_id) REFERENCES asset_alias (id) ON DELETE CASCADE, 
	CONSTRAINT asset_alias_asset_event_event_id_fkey FOREIGN KEY(event_id) REFERENCES asset_event (id) ON DELETE CASCADE
);
CREATE TABLE asset_dag_run_queue (
	asset_id INTEGER NOT NULL, 
	target_dag_id VARCHAR(250) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT assetdagrunqueue_pkey PRIMARY KEY (asset_id, target_dag_id), 
	CONSTRAINT adrq_asset_fkey FOREIGN KEY(asset_id) REFERENCES asset (id) ON DELETE CASCADE, 
	CONSTRAINT adrq_dag_fkey FOREIGN KEY(target_dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE asset_event (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	asset_id INTEGER NOT NULL, 
	extra JSON NOT NULL, 
	source_task_id VARCHAR(250), 
	source_dag_id VARCHAR(250), 
	source_run_id VARCHAR(250), 
	source_map_index INTEGER DEFAULT '-1', 
	timestamp TIMESTAMP NOT NULL, 
	partition_key VARCHAR(250)
);
CREATE TABLE asset_partition_dag_run (
	id INTEGER NOT NULL, 
	target_dag_id VARCHAR(250) NOT NULL, 
	created_dag_run_id INTEGER, 
	partition_key VARCHAR(250) NOT NULL, 
	partition_date TIMESTAMP, 
	rollup_fingerprint JSON, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT asset_partition_dag_run_pkey PRIMARY KEY (id), 
	CONSTRAINT apdr_created_dag_run_id_fkey FOREIGN KEY(created_dag_run_id) REFERENCES dag_run (id) ON DELETE CASCADE
);
CREATE TABLE asset_state_store (
	asset_id INTEGER NOT NULL, 
	"key" VARCHAR(512) NOT NULL, 
	value TEXT NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	last_updated_by_kind VARCHAR(16), 
	last_updated_by_dag_id VARCHAR(250), 
	last_updated_by_run_id VARCHAR(250), 
	last_updated_by_task_id VARCHAR(250), 
	last_updated_by_map_index INTEGER, 
	CONSTRAINT asset_state_store_pkey PRIMARY KEY (asset_id, "key"), 
	CONSTRAINT asset_state_store_asset_fkey FOREIGN KEY(asset_id) REFERENCES asset (id) ON DELETE CASCADE
);
INSERT INTO "asset_state_store" VALUES(3,'covered_ms','1795694400000','2026-11-26 13:50:06.353580','watcher',NULL,NULL,NULL,NULL);
INSERT INTO "asset_state_store" VALUES(3,'leftovers','{"generation": 2, "first": [{"item": {"id": "b4ef89b2-9f72-4884-9784-96293b62bc23", "new_since_ms": {"00f135ac-5705-4764-baaf-78a46bad5767": 1795690200000}}, "fault": "refused", "attempts": 1, "first_ms": 1795701005137, "due_ms": 1795701005137}], "more": 0}','2026-11-26 13:50:05.151288','watcher',NULL,NULL,NULL,NULL);
INSERT INTO "asset_state_store" VALUES(1,'covered_ms','1795694400000','2026-11-26 13:50:10.020945','watcher',NULL,NULL,NULL,NULL);
INSERT INTO "asset_state_store" VALUES(1,'leftovers','{"generation": 2, "first": [{"item": {"id": "b4ef89b2-9f72-4884-9784-96293b62bc23", "kinds": ["results"]}, "fault": "refused", "attempts": 1, "first_ms": 1795701009442, "due_ms": 1795701009442}], "more": 0}','2026-11-26 13:50:09.564466','watcher',NULL,NULL,NULL,NULL);
CREATE TABLE asset_watcher (
	name VARCHAR(1500) NOT NULL, 
	asset_id INTEGER NOT NULL, 
	trigger_id INTEGER NOT NULL, 
	CONSTRAINT asset_watcher_pkey PRIMARY KEY (asset_id, trigger_id), 
	CONSTRAINT awm_asset_id_fkey FOREIGN KEY(asset_id) REFERENCES asset (id) ON DELETE CASCADE, 
	CONSTRAINT awm_trigger_id_fkey FOREIGN KEY(trigger_id) REFERENCES "trigger" (id) ON DELETE CASCADE
);
CREATE TABLE backfill (
	id INTEGER NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	from_date TIMESTAMP NOT NULL, 
	to_date TIMESTAMP NOT NULL, 
	dag_run_conf JSON NOT NULL, 
	is_paused BOOLEAN, 
	reprocess_behavior VARCHAR(250) NOT NULL, 
	max_active_runs INTEGER NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	completed_at TIMESTAMP, 
	updated_at TIMESTAMP NOT NULL, 
	triggering_user_name VARCHAR(512), 
	CONSTRAINT backfill_pkey PRIMARY KEY (id)
);
CREATE TABLE backfill_dag_run (
	id INTEGER NOT NULL, 
	backfill_id INTEGER NOT NULL, 
	dag_run_id INTEGER, 
	exception_reason VARCHAR(250), 
	logical_date TIMESTAMP, 
	partition_key VARCHAR(250), 
	sort_ordinal INTEGER NOT NULL, 
	CONSTRAINT backfill_dag_run_pkey PRIMARY KEY (id), 
	CONSTRAINT ix_bdr_backfill_id_dag_run_id UNIQUE (backfill_id, dag_run_id), 
	CONSTRAINT bdr_backfill_fkey FOREIGN KEY(backfill_id) REFERENCES backfill (id) ON DELETE cascade, 
	CONSTRAINT bdr_dag_run_fkey FOREIGN KEY(dag_run_id) REFERENCES dag_run (id) ON DELETE set null
);
CREATE TABLE callback (
	id CHAR(32) NOT NULL, 
	type VARCHAR(20) NOT NULL, 
	fetch_method VARCHAR(20) NOT NULL, 
	data JSON NOT NULL, 
	bundle_name VARCHAR(250), 
	state VARCHAR(10), 
	output TEXT, 
	priority_weight INTEGER NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	trigger_id INTEGER, 
	CONSTRAINT callback_pkey PRIMARY KEY (id), 
	CONSTRAINT callback_trigger_id_fkey FOREIGN KEY(trigger_id) REFERENCES "trigger" (id)
);
CREATE TABLE connection (
	id INTEGER NOT NULL, 
	conn_id VARCHAR(250) NOT NULL, 
	conn_type VARCHAR(500) NOT NULL, 
	description VARCHAR(5000), 
	host VARCHAR(500), 
	schema VARCHAR(500), 
	login TEXT, 
	port INTEGER, 
	team_name VARCHAR(50), 
	password TEXT, 
	extra TEXT, 
	is_encrypted BOOLEAN NOT NULL, 
	is_extra_encrypted BOOLEAN NOT NULL, 
	CONSTRAINT connection_pkey PRIMARY KEY (id), 
	CONSTRAINT connection_conn_id_uq UNIQUE (conn_id), 
	CONSTRAINT connection_team_name_fkey FOREIGN KEY(team_name) REFERENCES team (name) ON DELETE SET NULL
);
INSERT INTO "connection" VALUES(1,'lever_webhook','generic',NULL,NULL,NULL,NULL,NULL,NULL,'gAAAAABrCDjrpCs412pMAqBq32q3SepmuMyBmgdz8g6_5WIWv-v7eGQFWI2PMdkCFvYErOY_WrJJwmGWhI0zUW7SoKVADFClHduAOrAFo6zKXkBRPqgdu1Z8zRTI7X5h0CKe7n6ysuSn',NULL,1,0);
CREATE TABLE connection_test_request (
	id CHAR(32) NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	connection_id VARCHAR(250) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	result_message VARCHAR(2000), 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	executor VARCHAR(256), 
	queue VARCHAR(256), 
	conn_type VARCHAR(500) NOT NULL, 
	host VARCHAR(500), 
	login TEXT, 
	schema VARCHAR(500), 
	port INTEGER, 
	commit_on_success BOOLEAN DEFAULT '0' NOT NULL, 
	is_encrypted BOOLEAN DEFAULT '0' NOT NULL, 
	is_extra_encrypted BOOLEAN DEFAULT '0' NOT NULL, 
	active_connection_id VARCHAR(250), 
	team_name VARCHAR(50), 
	password TEXT, 
	extra TEXT, 
	CONSTRAINT connection_test_request_pkey PRIMARY KEY (id), 
	CONSTRAINT uq_connection_test_request_active_conn UNIQUE (active_connection_id), 
	CONSTRAINT connection_test_request_token_uq UNIQUE (token)
);
CREATE TABLE dag (
	dag_id VARCHAR(250) NOT NULL, 
	is_paused BOOLEAN NOT NULL, 
	is_stale BOOLEAN NOT NULL, 
	exceeds_max_non_backfill BOOLEAN DEFAULT '0' NOT NULL, 
	last_parsed_time TIMESTAMP, 
	last_parse_duration FLOAT, 
	last_expired TIMESTAMP, 
	fileloc VARCHAR(2000), 
	relative_fileloc VARCHAR(2000), 
	bundle_name VARCHAR(250) NOT NULL, 
	bundle_version VARCHAR(200), 
	owners VARCHAR(2000), 
	dag_display_name VARCHAR(2000), 
	description TEXT, 
	timetable_type VARCHAR(255) NOT NULL, 
	timetable_summary TEXT, 
	timetable_description VARCHAR(1000), 
	timetable_partitioned BOOLEAN DEFAULT '0' NOT NULL, 
	timetable_periodic BOOLEAN DEFAULT '0' NOT NULL, 
	partition_mapper_info JSON NOT NULL, 
	asset_expression JSON, 
	deadline JSON, 
	max_active_tasks INTEGER NOT NULL, 
	max_active_runs INTEGER, 
	max_consecutive_failed_dag_runs INTEGER NOT NULL, 
	has_task_concurrency_limits BOOLEAN NOT NULL, 
	has_import_errors BOOLEAN DEFAULT '0', 
	fail_fast BOOLEAN DEFAULT '0' NOT NULL, 
	allowed_run_types JSON, 
	next_dagrun TIMESTAMP, 
	next_dagrun_data_interval_start TIMESTAMP, 
	next_dagrun_data_interval_end TIMESTAMP, 
	next_dagrun_partition_key VARCHAR(255), 
	next_dagrun_partition_date TIMESTAMP, 
	next_dagrun_create_after TIMESTAMP, 
	CONSTRAINT dag_pkey PRIMARY KEY (dag_id), 
	CONSTRAINT dag_bundle_name_fkey FOREIGN KEY(bundle_name) REFERENCES dag_bundle (name)
);
INSERT INTO "dag" VALUES('alva_lever_push_results',1,0,0,'2026-11-26 13:50:07.473628',NULL,NULL,'/opt/airflow/dags/alva_lever_push_results.py','alva_lever_push_results.py','dags-folder',NULL,'Alva and Lever',NULL,'Writes Alva''s results into Lever','CronDataIntervalTimetable','*/15 * * * *','Every 15 minutes',0,1,'[]',NULL,NULL,16,4,0,0,0,0,'null','2026-11-26 13:30:00.000000','2026-11-26 13:30:00.000000','2026-11-26 13:45:00.000000',NULL,NULL,'2026-11-26 13:45:00.000000');
INSERT INTO "dag" VALUES('alva_lever_sync_postings',1,0,0,'2026-11-26 13:50:07.511600',NULL,NULL,'/opt/airflow/dags/alva_lever_sync_postings.py','alva_lever_sync_postings.py','dags-folder',NULL,'Alva and Lever',NULL,'Brings Alva''s job positions up to date with Lever''s postings','CronDataIntervalTimetable','0 2 * * *','At 02:00',0,1,'[]',NULL,NULL,16,1,0,0,0,0,'null','2026-11-25 02:00:00.000000','2026-11-25 02:00:00.000000','2026-11-26 02:00:00.000000',NULL,NULL,'2026-11-26 02:00:00.000000');
INSERT INTO "dag" VALUES('alva_lever_invite_candidates',1,0,0,'2026-11-26 13:50:07.416001',NULL,NULL,'/opt/airflow/dags/alva_lever_invite_candidates.py','alva_lever_invite_candidates.py','dags-folder',NULL,'Alva and Lever',NULL,'Invites Lever''s candidates in Alva','CronDataIntervalTimetable','0 * * * *','Every hour',0,1,'[]',NULL,NULL,16,4,0,0,0,0,'null','2026-11-26 12:00:00.000000','2026-11-26 12:00:00.000000','2026-11-26 13:00:00.000000',NULL,NULL,'2026-11-26 13:00:00.000000');
INSERT INTO "dag" VALUES('alva_lever_handle_events',1,0,0,'2026-11-26 13:50:07.363724',NULL,NULL,'/opt/airflow/dags/alva_lever_handle_events.py','alva_lever_handle_events.py','dags-folder',NULL,'Alva and Lever',NULL,'Handles the events that Lever''s and Alva''s webhooks deliver','NullTimetable','None','Never, external triggers only',0,0,'[]',NULL,NULL,16,16,0,0,0,0,'null',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE dag_bundle (
	name VARCHAR(250) NOT NULL, 
	active BOOLEAN, 
	version VARCHAR(200), 
	last_refreshed TIMESTAMP, 
	signed_url_template TEXT, 
	template_params JSON, 
	CONSTRAINT dag_bundle_pkey PRIMARY KEY (name)
);
INSERT INTO "dag_bundle" VALUES('dags-folder',1,NULL,NULL,NULL,'{}');
CREATE TABLE dag_bundle_team (
	dag_bundle_name VARCHAR(250) NOT NULL, 
	team_name VARCHAR(50) NOT NULL, 
	CONSTRAINT dag_bundle_team_pkey PRIMARY KEY (dag_bundle_name, team_name), 
	CONSTRAINT dag_bundle_team_dag_bundle_name_fkey FOREIGN KEY(dag_bundle_name) REFERENCES dag_bundle (name) ON DELETE CASCADE, 
	CONSTRAINT dag_bundle_team_team_name_fkey FOREIGN KEY(team_name) REFERENCES team (name) ON DELETE CASCADE
);
CREATE TABLE dag_code (
	id CHAR(32) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	fileloc VARCHAR(2000) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	last_updated TIMESTAMP NOT NULL, 
	source_code TEXT NOT NULL, 
	source_code_hash VARCHAR(32) NOT NULL, 
	dag_version_id CHAR(32) NOT NULL, 
	CONSTRAINT dag_code_pkey PRIMARY KEY (id), 
	CONSTRAINT dag_code_dag_version_id_uq UNIQUE (dag_version_id), 
	CONSTRAINT dag_code_dag_version_id_fkey FOREIGN KEY(dag_version_id) REFERENCES dag_version (id) ON DELETE CASCADE
);
CREATE TABLE dag_favorite (
	user_id VARCHAR(250) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	CONSTRAINT dag_favorite_pkey PRIMARY KEY (user_id, dag_id), 
	CONSTRAINT dag_favorite_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE dag_owner_attributes (
	dag_id VARCHAR(250) NOT NULL, 
	owner VARCHAR(500) NOT NULL, 
	link VARCHAR(500) NOT NULL, 
	CONSTRAINT dag_owner_attributes_pkey PRIMARY KEY (dag_id, owner), 
	CONSTRAINT "dag.dag_id" FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE dag_priority_parsing_request (
	id VARCHAR(32) NOT NULL, 
	bundle_name VARCHAR(250) NOT NULL, 
	relative_fileloc VARCHAR(2000) NOT NULL, 
	CONSTRAINT dag_priority_parsing_request_pkey PRIMARY KEY (id)
);
CREATE TABLE dag_run (
	id INTEGER NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	queued_at TIMESTAMP, 
	logical_date TIMESTAMP, 
	start_date TIMESTAMP, 
	end_date TIMESTAMP, 
	state VARCHAR(50), 
	run_id VARCHAR(250) NOT NULL, 
	creating_job_id INTEGER, 
	run_type VARCHAR(50) NOT NULL, 
	triggered_by VARCHAR(50), 
	triggering_user_name VARCHAR(512), 
	conf JSON, 
	data_interval_start TIMESTAMP, 
	data_interval_end TIMESTAMP, 
	run_after TIMESTAMP NOT NULL, 
	last_scheduling_decision TIMESTAMP, 
	log_template_id INTEGER, 
	created_at TIMESTAMP, 
	updated_at TIMESTAMP, 
	clear_number INTEGER DEFAULT '0' NOT NULL, 
	backfill_id INTEGER, 
	bundle_version VARCHAR(250), 
	scheduled_by_job_id INTEGER, 
	context_carrier JSON, 
	span_status VARCHAR(250) DEFAULT 'not_started' NOT NULL, 
	created_dag_version_id CHAR(32), 
	partition_key VARCHAR(250), 
	partition_date TIMESTAMP, 
	CONSTRAINT dag_run_pkey PRIMARY KEY (id), 
	CONSTRAINT dag_run_dag_id_run_id_key UNIQUE (dag_id, run_id), 
	CONSTRAINT dag_run_dag_id_logical_date_key UNIQUE (dag_id, logical_date), 
	CONSTRAINT task_instance_log_template_id_fkey FOREIGN KEY(log_template_id) REFERENCES log_template (id) ON DELETE NO ACTION, 
	CONSTRAINT dag_run_backfill_id_fkey FOREIGN KEY(backfill_id) REFERENCES backfill (id), 
	CONSTRAINT created_dag_version_id_fkey FOREIGN KEY(created_dag_version_id) REFERENCES dag_version (id) ON DELETE set null
);
INSERT INTO "dag_run" VALUES(1,'alva_lever_invite_candidates',NULL,'2026-11-26 11:00:00.000000','2026-11-26 13:49:32.861087','2026-11-26 13:50:06.672402','failed','scheduled__2026-11-26T13:49:32.861087+00:00',NULL,'scheduled','TEST','test','{}','2026-11-26 11:00:00.000000','2026-11-26 12:00:00.000000','2026-11-26 12:00:00.000000','2026-11-26 13:50:06.670194',2,'2026-11-26 13:49:32.920648','2026-11-26 13:50:06.690526',0,NULL,NULL,NULL,'{"__var": {"traceparent": "00-d7045b9f234790fbdfb77229561707d6-369c876d643e27e5-00"}, "__type": "dict"}','not_started','01a2181e5d0c7f5bab6abc9f663a77d8',NULL,NULL);
INSERT INTO "dag_run" VALUES(2,'alva_lever_push_results',NULL,'2026-11-26 11:00:00.000000','2026-11-26 13:50:07.881080','2026-11-26 13:50:10.133825','failed','scheduled__2026-11-26T13:50:07.881080+00:00',NULL,'scheduled','TEST','test','{}','2026-11-26 11:00:00.000000','2026-11-26 12:00:00.000000','2026-11-26 12:00:00.000000','2026-11-26 13:50:10.051479',2,'2026-11-26 13:50:07.901681','2026-11-26 13:50:10.134463',0,NULL,NULL,NULL,'{"__var": {"traceparent": "00-3ea1dc735a6c96d9171412abb75765d9-f7055541bfa10115-00"}, "__type": "dict"}','not_started','01a2181e5d0a7257a5720adf485bbd0a',NULL,NULL);
CREATE TABLE dag_run_note (
	user_id VARCHAR(128), 
	dag_run_id INTEGER NOT NULL, 
	content VARCHAR(1000), 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT dag_run_note_pkey PRIMARY KEY (dag_run_id), 
	CONSTRAINT dag_run_note_dr_fkey FOREIGN KEY(dag_run_id) REFERENCES dag_run (id) ON DELETE CASCADE
);
CREATE TABLE dag_schedule_asset_alias_reference (
	alias_id INTEGER NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT dsaar_pkey PRIMARY KEY (alias_id, dag_id), 
	CONSTRAINT dsaar_asset_alias_fkey FOREIGN KEY(alias_id) REFERENCES asset_alias (id) ON DELETE CASCADE, 
	CONSTRAINT dsaar_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE dag_schedule_asset_name_reference (
	name VARCHAR(1500) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT dsanr_pkey PRIMARY KEY (name, dag_id), 
	CONSTRAINT dsanr_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE dag_schedule_asset_reference (
	asset_id INTEGER NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	allow_producer_teams JSON, 
	allow_global_producers BOOLEAN DEFAULT 1 NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT dsar_pkey PRIMARY KEY (asset_id, dag_id), 
	CONSTRAINT dsar_asset_fkey FOREIGN KEY(asset_id) REFERENCES asset (id) ON DELETE CASCADE, 
	CONSTRAINT dsar_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE dag_schedule_asset_uri_reference (
	uri VARCHAR(1500) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT dsaur_pkey PRIMARY KEY (uri, dag_id), 
	CONSTRAINT dsaur_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE dag_tag (
	name VARCHAR(100) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	CONSTRAINT dag_tag_pkey PRIMARY KEY (name, dag_id), 
	CONSTRAINT dag_tag_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
INSERT INTO "dag_tag" VALUES('alva','alva_lever_handle_events');
INSERT INTO "dag_tag" VALUES('lever','alva_lever_handle_events');
INSERT INTO "dag_tag" VALUES('alva','alva_lever_invite_candidates');
INSERT INTO "dag_tag" VALUES('lever','alva_lever_invite_candidates');
INSERT INTO "dag_tag" VALUES('alva','alva_lever_push_results');
INSERT INTO "dag_tag" VALUES('lever','alva_lever_push_results');
INSERT INTO "dag_tag" VALUES('alva','alva_lever_sync_postings');
INSERT INTO "dag_tag" VALUES('lever','alva_lever_sync_postings');
CREATE TABLE dag_version (
	id CHAR(32) NOT NULL, 
	version_number INTEGER NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	bundle_name VARCHAR(250), 
	bundle_version VARCHAR(250), 
	version_data JSON, 
	created_at TIMESTAMP NOT NULL, 
	last_updated TIMESTAMP NOT NULL, 
	CONSTRAINT dag_version_pkey PRIMARY KEY (id), 
	CONSTRAINT dag_id_v_name_v_number_unique_constraint UNIQUE (dag_id, version_number), 
	CONSTRAINT dag_version_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
INSERT INTO "dag_version" VALUES('01a2181e5d0a7257a5720adf485bbd0a',1,'alva_lever_push_results','dags-folder',NULL,'null','2026-11-26 13:49:32.810821','2026-11-26 13:49:32.810831');
INSERT INTO "dag_version" VALUES('01a2181e5d0b7888a8ec73d98d8d6c49',1,'alva_lever_sync_postings','dags-folder',NULL,'null','2026-11-26 13:49:32.810838','2026-11-26 13:49:32.810838');
INSERT INTO "dag_version" VALUES('01a2181e5d0c7f5bab6abc9f663a77d8',1,'alva_lever_invite_candidates','dags-folder',NULL,'null','2026-11-26 13:49:32.810842','2026-11-26 13:49:32.810843');
INSERT INTO "dag_version" VALUES('01a2181e5d0d7563a719bd01c2434467',1,'alva_lever_handle_events','dags-folder',NULL,'null','2026-11-26 13:49:32.810846','2026-11-26 13:49:32.810847');
CREATE TABLE dag_warning (
	dag_id VARCHAR(250) NOT NULL, 
	warning_type VARCHAR(50) NOT NULL, 
	message TEXT NOT NULL, 
	timestamp TIMESTAMP NOT NULL, 
	CONSTRAINT dag_warning_pkey PRIMARY KEY (dag_id, warning_type), 
	CONSTRAINT dcw_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE dagrun_asset_event (
	dag_run_id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	CONSTRAINT dagrun_asset_event_pkey PRIMARY KEY (dag_run_id, event_id), 
	CONSTRAINT dagrun_asset_event_dag_run_id_fkey FOREIGN KEY(dag_run_id) REFERENCES dag_run (id) ON DELETE CASCADE, 
	CONSTRAINT dagrun_asset_event_event_id_fkey FOREIGN KEY(event_id) REFERENCES asset_event (id) ON DELETE CASCADE
);
CREATE TABLE deadline (
	id CHAR(32) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	last_updated_at TIMESTAMP NOT NULL, 
	dagrun_id INTEGER, 
	deadline_time TIMESTAMP NOT NULL, 
	missed BOOLEAN NOT NULL, 
	callback_id CHAR(32) NOT NULL, 
	deadline_alert_id CHAR(32), 
	CONSTRAINT deadline_pkey PRIMARY KEY (id), 
	CONSTRAINT deadline_dagrun_id_fkey FOREIGN KEY(dagrun_id) REFERENCES dag_run (id) ON DELETE CASCADE, 
	CONSTRAINT deadline_callback_id_fkey FOREIGN KEY(callback_id) REFERENCES callback (id) ON DELETE CASCADE, 
	CONSTRAINT deadline_deadline_alert_id_fkey FOREIGN KEY(deadline_alert_id) REFERENCES deadline_alert (id) ON DELETE SET NULL
);
CREATE TABLE deadline_alert (
	id CHAR(32) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	serialized_dag_id CHAR(32) NOT NULL, 
	name VARCHAR(250), 
	description TEXT, 
	reference JSON NOT NULL, 
	interval JSON NOT NULL, 
	callback_def JSON NOT NULL, 
	CONSTRAINT deadline_alert_pkey PRIMARY KEY (id), 
	CONSTRAINT deadline_alert_serialized_dag_id_fkey FOREIGN KEY(serialized_dag_id) REFERENCES serialized_dag (id) ON DELETE CASCADE
);
CREATE TABLE hitl_detail (
	ti_id CHAR(32) NOT NULL, 
	options JSON NOT NULL, 
	subject TEXT NOT NULL, 
	body TEXT, 
	defaults JSON, 
	multiple BOOLEAN, 
	params JSON NOT NULL, 
	assignees JSON, 
	created_at TIMESTAMP NOT NULL, 
	responded_at TIMESTAMP, 
	responded_by JSON, 
	chosen_options JSON, 
	params_input JSON NOT NULL, 
	CONSTRAINT hitl_detail_pkey PRIMARY KEY (ti_id), 
	CONSTRAINT hitl_detail_ti_fkey FOREIGN KEY(ti_id) REFERENCES task_instance (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE hitl_detail_history (
	ti_history_id CHAR(32) NOT NULL, 
	options JSON NOT NULL, 
	subject TEXT NOT NULL, 
	body TEXT, 
	defaults JSON, 
	multiple BOOLEAN, 
	params JSON NOT NULL, 
	assignees JSON, 
	created_at TIMESTAMP NOT NULL, 
	responded_at TIMESTAMP, 
	responded_by JSON, 
	chosen_options JSON, 
	params_input JSON NOT NULL, 
	CONSTRAINT hitl_detail_history_pkey PRIMARY KEY (ti_history_id), 
	CONSTRAINT hitl_detail_history_tih_fkey FOREIGN KEY(ti_history_id) REFERENCES task_instance_history (task_instance_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE import_error (
	id INTEGER NOT NULL, 
	timestamp TIMESTAMP, 
	filename VARCHAR(1024), 
	bundle_name VARCHAR(250), 
	stacktrace TEXT, 
	CONSTRAINT import_error_pkey PRIMARY KEY (id)
);
CREATE TABLE job (
	id INTEGER NOT NULL, 
	dag_id VARCHAR(250), 
	state VARCHAR(20), 
	job_type VARCHAR(30), 
	start_date TIMESTAMP, 
	end_date TIMESTAMP, 
	latest_heartbeat TIMESTAMP, 
	executor_class VARCHAR(500), 
	hostname VARCHAR(500), 
	unixname VARCHAR(1000), 
	CONSTRAINT job_pkey PRIMARY KEY (id)
);
CREATE TABLE log (
	id INTEGER NOT NULL, 
	dttm TIMESTAMP, 
	dag_id VARCHAR(250), 
	task_id VARCHAR(250), 
	map_index INTEGER, 
	event VARCHAR(60) NOT NULL, 
	logical_date TIMESTAMP, 
	run_id VARCHAR(250), 
	owner VARCHAR(500), 
	owner_display_name VARCHAR(500), 
	extra TEXT, 
	try_number INTEGER, 
	CONSTRAINT log_pkey PRIMARY KEY (id)
);
CREATE TABLE log_template (
	id INTEGER NOT NULL, 
	filename TEXT NOT NULL, 
	elasticsearch_id TEXT NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT log_template_pkey PRIMARY KEY (id)
);
INSERT INTO "log_template" VALUES(1,'{{ ti.dag_id }}/{{ ti.task_id }}/{{ ts }}/{{ try_number }}.log','{dag_id}-{task_id}-{logical_date}-{try_number}','2026-11-26 13:49:31.158700');
INSERT INTO "log_template" VALUES(2,'dag_id={{ ti.dag_id }}/run_id={{ ti.run_id }}/task_id={{ ti.task_id }}/{% if ti.map_index >= 0 %}map_index={{ ti.map_index }}/{% endif %}attempt={{ try_number|default(ti.try_number) }}.log','{dag_id}-{task_id}-{run_id}-{map_index}-{try_number}','2026-11-26 13:49:31.158708');
CREATE TABLE partitioned_asset_key_log (
	id INTEGER NOT NULL, 
	asset_id INTEGER NOT NULL, 
	asset_event_id INTEGER NOT NULL, 
	asset_partition_dag_run_id INTEGER NOT NULL, 
	source_partition_key VARCHAR(250) NOT NULL, 
	target_dag_id VARCHAR(250) NOT NULL, 
	target_partition_key VARCHAR(250) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	CONSTRAINT partitioned_asset_key_log_pkey PRIMARY KEY (id)
);
CREATE TABLE rendered_task_instance_fields (
	dag_id VARCHAR(250) NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	run_id VARCHAR(250) NOT NULL, 
	map_index INTEGER DEFAULT '-1' NOT NULL, 
	rendered_fields JSON NOT NULL, 
	k8s_pod_yaml JSON, 
	CONSTRAINT rendered_task_instance_fields_pkey PRIMARY KEY (dag_id, task_id, run_id, map_index), 
	CONSTRAINT rtif_ti_fkey FOREIGN KEY(dag_id, task_id, run_id, map_index) REFERENCES task_instance (dag_id, task_id, run_id, map_index) ON DELETE CASCADE
);
INSERT INTO "rendered_task_instance_fields" VALUES('alva_lever_invite_candidates','invite','scheduled__2026-11-26T13:49:32.861087+00:00',0,'{"batch": [{"id": "b4ef89b2-9f72-4884-9784-96293b62bc23", "new_since_ms": {"00f135ac-5705-4764-baaf-78a46bad5767": 1795690200000}}, {"id": "d38e9e8b-733d-40c7-888a-1a12c900583e", "new_since_ms": {"2c0691b2-28d1-4ff0-9f14-ef4195b22402": 1795690200000}}], "found": {"batches": 1, "dry_run": false, "finished": true, "named": false, "report": {"calls": {"alva": 1, "lever": 9}, "counts": {}, "ids": {}, "invited": 0, "near_misses": [], "waited_seconds": 0.2}, "window": [1795690800000, 1795694400000]}}','null');
INSERT INTO "rendered_task_instance_fields" VALUES('alva_lever_push_results','push','scheduled__2026-11-26T13:50:07.881080+00:00',0,'{"batch": [{"id": "b4ef89b2-9f72-4884-9784-96293b62bc23", "kinds": ["results"]}, {"id": "d38e9e8b-733d-40c7-888a-1a12c900583e", "kinds": ["results"]}], "found": {"batches": 1, "dry_run": false, "finished": true, "listed": 2, "named": false, "report": {"calls": {"alva": 1, "lever": 1}, "counts": {}, "ids": {}, "invited": 0, "near_misses": [], "waited_seconds": 0.0}, "window": [1794484800000, 1795694400000]}}','null');
CREATE TABLE revoked_token (
	jti VARCHAR(32) NOT NULL, 
	exp TIMESTAMP NOT NULL, 
	CONSTRAINT revoked_token_pkey PRIMARY KEY (jti)
);
CREATE TABLE serialized_dag (
	id CHAR(32) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	data JSON, 
	data_compressed BLOB, 
	created_at TIMESTAMP NOT NULL, 
	last_updated TIMESTAMP NOT NULL, 
	dag_hash VARCHAR(32) NOT NULL, 
	dag_version_id CHAR(32) NOT NULL, 
	CONSTRAINT serialized_dag_pkey PRIMARY KEY (id), 
	CONSTRAINT serialized_dag_dag_version_id_uq UNIQUE (dag_version_id), 
	CONSTRAINT serialized_dag_dag_version_id_fkey FOREIGN KEY(dag_version_id) REFERENCES dag_version (id) ON DELETE CASCADE
);
CREATE TABLE slot_pool (
	id INTEGER NOT NULL, 
	pool VARCHAR(256), 
	slots INTEGER NOT NULL, 
	description TEXT, 
	include_deferred BOOLEAN NOT NULL, 
	team_name VARCHAR(50), 
	CONSTRAINT slot_pool_pkey PRIMARY KEY (id), 
	CONSTRAINT slot_pool_pool_uq UNIQUE (pool), 
	CONSTRAINT slot_pool_team_name_fkey FOREIGN KEY(team_name) REFERENCES team (name) ON DELETE SET NULL
);
INSERT INTO "slot_pool" VALUES(1,'default_pool',128,'Default pool',0,NULL);
INSERT INTO "slot_pool" VALUES(2,'lever_api',1,'one at a time',0,NULL);
CREATE TABLE task_inlet_asset_reference (
	asset_id INTEGER NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT tiar_pkey PRIMARY KEY (asset_id, dag_id, task_id), 
	CONSTRAINT tiar_asset_fkey FOREIGN KEY(asset_id) REFERENCES asset (id) ON DELETE CASCADE, 
	CONSTRAINT tiar_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
INSERT INTO "task_inlet_asset_reference" VALUES(1,'alva_lever_push_results','find','2026-11-26 13:49:32.610791','2026-11-26 13:49:32.610799');
INSERT INTO "task_inlet_asset_reference" VALUES(1,'alva_lever_push_results','report','2026-11-26 13:49:32.610800','2026-11-26 13:49:32.610800');
INSERT INTO "task_inlet_asset_reference" VALUES(2,'alva_lever_sync_postings','report','2026-11-26 13:49:32.625026','2026-11-26 13:49:32.625034');
INSERT INTO "task_inlet_asset_reference" VALUES(2,'alva_lever_sync_postings','find','2026-11-26 13:49:32.625035','2026-11-26 13:49:32.625036');
INSERT INTO "task_inlet_asset_reference" VALUES(3,'alva_lever_invite_candidates','find','2026-11-26 13:49:32.625865','2026-11-26 13:49:32.625867');
INSERT INTO "task_inlet_asset_reference" VALUES(3,'alva_lever_invite_candidates','report','2026-11-26 13:49:32.625868','2026-11-26 13:49:32.625869');
INSERT INTO "task_inlet_asset_reference" VALUES(1,'alva_lever_handle_events','handle','2026-11-26 13:49:32.626225','2026-11-26 13:49:32.626227');
INSERT INTO "task_inlet_asset_reference" VALUES(3,'alva_lever_handle_events','report','2026-11-26 13:49:32.626227','2026-11-26 13:49:32.626228');
INSERT INTO "task_inlet_asset_reference" VALUES(3,'alva_lever_handle_events','handle','2026-11-26 13:49:32.626229','2026-11-26 13:49:32.626229');
INSERT INTO "task_inlet_asset_reference" VALUES(1,'alva_lever_handle_events','report','2026-11-26 13:49:32.626230','2026-11-26 13:49:32.626230');
CREATE TABLE task_instance (
	id CHAR(32) NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	run_id VARCHAR(250) NOT NULL, 
	map_index INTEGER DEFAULT '-1' NOT NULL, 
	start_date TIMESTAMP, 
	end_date TIMESTAMP, 
	duration FLOAT, 
	state VARCHAR(20), 
	try_number INTEGER NOT NULL, 
	max_tries INTEGER DEFAULT '-1' NOT NULL, 
	hostname VARCHAR(1000), 
	unixname VARCHAR(1000), 
	pool VARCHAR(256) NOT NULL, 
	pool_slots INTEGER NOT NULL, 
	queue VARCHAR(256), 
	priority_weight INTEGER, 
	operator VARCHAR(1000), 
	custom_operator_name VARCHAR(1000), 
	queued_dttm TIMESTAMP, 
	scheduled_dttm TIMESTAMP, 
	queued_by_job_id INTEGER, 
	last_heartbeat_at TIMESTAMP, 
	pid INTEGER, 
	executor VARCHAR(1000), 
	executor_config BLOB, 
	updated_at TIMESTAMP, 
	rendered_map_index VARCHAR(250), 
	context_carrier JSON, 
	span_status VARCHAR(250) DEFAULT 'not_started' NOT NULL, 
	external_executor_id TEXT, 
	trigger_id INTEGER, 
	trigger_timeout TIMESTAMP, 
	next_method VARCHAR(1000), 
	next_kwargs JSON, 
	task_display_name VARCHAR(2000), 
	dag_version_id CHAR(32), 
	retry_delay_override FLOAT, 
	retry_reason VARCHAR(500), 
	CONSTRAINT task_instance_pkey PRIMARY KEY (id), 
	CONSTRAINT task_instance_composite_key UNIQUE (dag_id, task_id, run_id, map_index), 
	CONSTRAINT task_instance_trigger_id_fkey FOREIGN KEY(trigger_id) REFERENCES "trigger" (id) ON DELETE CASCADE, 
	CONSTRAINT task_instance_dag_run_fkey FOREIGN KEY(dag_id, run_id) REFERENCES dag_run (dag_id, run_id) ON DELETE CASCADE, 
	CONSTRAINT task_instance_dag_version_id_fkey FOREIGN KEY(dag_version_id) REFERENCES dag_version (id) ON DELETE RESTRICT
);
INSERT INTO "task_instance" VALUES('01a2181e5dc270fda81b4d71dce153c1','find','alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00',-1,'2026-11-26 13:50:01.486014','2026-11-26 13:50:03.708152',2.222138,'success',1,0,'worker','airflow','lever_api',1,'default',10,'FindCandidatesOperator','FindCandidatesOperator',NULL,NULL,NULL,'2026-11-26 13:50:01.569041',25689,NULL,X'80057D942E','2026-11-26 13:50:03.837406',NULL,'{"__var": {"traceparent": "00-d7045b9f234790fbdfb77229561707d6-369c876d643e27e5-00"}, "__type": "dict"}','not_started',NULL,NULL,NULL,NULL,'null','find','01a2181e5d0c7f5bab6abc9f663a77d8',NULL,NULL);
INSERT INTO "task_instance" VALUES('01a2181e5dc37be79254ebad1e6e8367','invite','alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00',0,'2026-11-26 13:50:04.203617','2026-11-26 13:50:05.299260',1.095643,'failed',1,0,'worker','airflow','lever_api',1,'default',10,'InviteCandidatesOperator','InviteCandidatesOperator',NULL,NULL,NULL,'2026-11-26 13:50:04.253793',25689,NULL,X'80057D942E','2026-11-26 13:50:05.373103','2 candidates','{"__var": {"traceparent": "00-d7045b9f234790fbdfb77229561707d6-369c876d643e27e5-00"}, "__type": "dict"}','not_started',NULL,NULL,NULL,NULL,'null','invite','01a2181e5d0c7f5bab6abc9f663a77d8',NULL,NULL);
INSERT INTO "task_instance" VALUES('01a2181e5dc476ef9e8232b6d9452ea6','report','alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00',-1,'2026-11-26 13:50:05.889950','2026-11-26 13:50:06.487299',0.597349,'failed',1,0,'worker','airflow','default_pool',1,'default',10,'ReportOperator','ReportOperator',NULL,NULL,NULL,'2026-11-26 13:50:05.973030',25689,NULL,X'80057D942E','2026-11-26 13:50:06.629781',NULL,'{"__var": {"traceparent": "00-d7045b9f234790fbdfb77229561707d6-369c876d643e27e5-00"}, "__type": "dict"}','not_started',NULL,NULL,NULL,NULL,'null','report','01a2181e5d0c7f5bab6abc9f663a77d8',NULL,NULL);
INSERT INTO "task_instance" VALUES('01a2181e5dc57ccbac6c107b6792a185','begin','alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00',-1,'2026-11-26 13:49:37.865783','2026-11-26 13:50:01.052130',23.186347,'success',1,0,'worker','airflow','default_pool',1,'default',10,'EmptyOperator','EmptyOperator',NULL,NULL,NULL,'2026-11-26 13:50:00.883975',25689,NULL,X'80057D942E','2026-11-26 13:50:01.365402',NULL,'{"__var": {"traceparent": "00-d7045b9f234790fbdfb77229561707d6-369c876d643e27e5-00"}, "__type": "dict"}','not_started',NULL,NULL,NULL,NULL,'null','begin','01a2181e5d0c7f5bab6abc9f663a77d8',NULL,NULL);
INSERT INTO "task_instance" VALUES('01a2181e5dc67d41bff59431ab9c8e0e','watch_pool','alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00',-1,'2026-11-26 13:50:05.439317','2026-11-26 13:50:05.613812',0.174495,'success',1,0,'worker','airflow','default_pool',1,'default',10,'WatchPoolOperator','WatchPoolOperator',NULL,NULL,NULL,'2026-11-26 13:50:05.489100',25689,NULL,X'80057D942E','2026-11-26 13:50:05.738573',NULL,'{"__var": {"traceparent": "00-d7045b9f234790fbdfb77229561707d6-369c876d643e27e5-00"}, "__type": "dict"}','not_started',NULL,NULL,NULL,NULL,'null','watch_pool','01a2181e5d0c7f5bab6abc9f663a77d8',NULL,NULL);
INSERT INTO "task_instance" VALUES('01a2181ee6227891ab5d028d82f351a7','find','alva_lever_push_results','scheduled__2026-11-26T13:50:07.881080+00:00',-1,'2026-11-26 13:50:08.093813','2026-11-26 13:50:08.350752',0.256939,'success',1,0,'worker','airflow','lever_api',1,'default',20,'FindResultsOperator','FindResultsOperator',NULL,NULL,NULL,'2026-11-26 13:50:08.142418',25689,NULL,X'80057D942E','2026-11-26 13:50:08.368523',NULL,'{"__var": {"traceparent": "00-3ea1dc735a6c96d9171412abb75765d9-f7055541bfa10115-00"}, "__type": "dict"}','not_started',NULL,NULL,NULL,NULL,'null','find','01a2181e5d0a7257a5720adf485bbd0a',NULL,NULL);
INSERT INTO "task_instance" VALUES('01a2181ee6237db19b5ebb6a74e775da','push','alva_lever_push_results','scheduled__2026-11-26T13:50:07.881080+00:00',0,'2026-11-26 13:50:08.569689','2026-11-26 13:50:09.700372',1.130683,'failed',1,0,'worker','airflow','lever_api',1,'default',20,'PushResultsOperator','PushResultsOperator',NULL,NULL,NULL,'2026-11-26 13:50:08.581367',25689,NULL,X'80057D942E','2026-11-26 13:50:09.797525','2 candidates','{"__var": {"traceparent": "00-3ea1dc735a6c96d9171412abb75765d9-f7055541bfa10115-00"}, "__type": "dict"}','not_started',NULL,NULL,NULL,NULL,'null','push','01a2181e5d0a7257a5720adf485bbd0a',NULL,NULL);
INSERT INTO "task_instance" VALUES('01a2181ee6247fbd92bf728517edab7a','report','alva_lever_push_results','scheduled__2026-11-26T13:50:07.881080+00:00',-1,'2026-11-26 13:50:09.903321','2026-11-26 13:50:10.033680',0.130359,'failed',1,0,'worker','airflow','default_pool',1,'default',20,'ReportOperator','ReportOperator',NULL,NULL,NULL,'2026-11-26 13:50:09.940066',25689,NULL,X'80057D942E','2026-11-26 13:50:10.047323',NULL,'{"__var": {"traceparent": "00-3ea1dc735a6c96d9171412abb75765d9-f7055541bfa10115-00"}, "__type": "dict"}','not_started',NULL,NULL,NULL,NULL,'null','report','01a2181e5d0a7257a5720adf485bbd0a',NULL,NULL);
CREATE TABLE task_instance_history (
	task_instance_id CHAR(32) NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	run_id VARCHAR(250) NOT NULL, 
	map_index INTEGER DEFAULT '-1' NOT NULL, 
	try_number INTEGER NOT NULL, 
	start_date TIMESTAMP, 
	end_date TIMESTAMP, 
	duration FLOAT, 
	state VARCHAR(20), 
	max_tries INTEGER DEFAULT '-1', 
	hostname VARCHAR(1000), 
	unixname VARCHAR(1000), 
	pool VARCHAR(256) NOT NULL, 
	pool_slots INTEGER NOT NULL, 
	queue VARCHAR(256), 
	priority_weight INTEGER, 
	operator VARCHAR(1000), 
	custom_operator_name VARCHAR(1000), 
	queued_dttm TIMESTAMP, 
	scheduled_dttm TIMESTAMP, 
	queued_by_job_id INTEGER, 
	pid INTEGER, 
	executor VARCHAR(1000), 
	executor_config BLOB, 
	updated_at TIMESTAMP, 
	rendered_map_index VARCHAR(250), 
	context_carrier JSON, 
	span_status VARCHAR(250) DEFAULT 'not_started' NOT NULL, 
	external_executor_id TEXT, 
	trigger_id INTEGER, 
	trigger_timeout DATETIME, 
	next_method VARCHAR(1000), 
	next_kwargs JSON, 
	task_display_name VARCHAR(2000), 
	dag_version_id CHAR(32), 
	retry_delay_override FLOAT, 
	retry_reason VARCHAR(500), 
	CONSTRAINT task_instance_history_pkey PRIMARY KEY (task_instance_id), 
	CONSTRAINT task_instance_history_ti_fkey FOREIGN KEY(dag_id, task_id, run_id, map_index) REFERENCES task_instance (dag_id, task_id, run_id, map_index) ON DELETE CASCADE ON UPDATE CASCADE, 
	CONSTRAINT task_instance_history_dtrt_uq UNIQUE (dag_id, task_id, run_id, map_index, try_number)
);
CREATE TABLE task_instance_note (
	ti_id CHAR(32) NOT NULL, 
	user_id VARCHAR(128), 
	content VARCHAR(1000), 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT task_instance_note_pkey PRIMARY KEY (ti_id), 
	CONSTRAINT task_instance_note_ti_fkey FOREIGN KEY(ti_id) REFERENCES task_instance (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE task_map (
	dag_id VARCHAR(250) NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	run_id VARCHAR(250) NOT NULL, 
	map_index INTEGER NOT NULL, 
	length INTEGER NOT NULL, 
	keys JSON, 
	CONSTRAINT task_map_pkey PRIMARY KEY (dag_id, task_id, run_id, map_index), 
	CONSTRAINT ck_task_map_task_map_length_not_negative CHECK (length >= 0), 
	CONSTRAINT task_map_task_instance_fkey FOREIGN KEY(dag_id, task_id, run_id, map_index) REFERENCES task_instance (dag_id, task_id, run_id, map_index) ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO "task_map" VALUES('alva_lever_invite_candidates','find','scheduled__2026-11-26T13:49:32.861087+00:00',-1,1,'null');
INSERT INTO "task_map" VALUES('alva_lever_push_results','find','scheduled__2026-11-26T13:50:07.881080+00:00',-1,1,'null');
CREATE TABLE task_outlet_asset_reference (
	asset_id INTEGER NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	allow_consumer_teams JSON, 
	allow_global_consumers BOOLEAN DEFAULT 1 NOT NULL, 
	created_at TIMESTAMP NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	CONSTRAINT toar_pkey PRIMARY KEY (asset_id, dag_id, task_id), 
	CONSTRAINT toar_asset_fkey FOREIGN KEY(asset_id) REFERENCES asset (id) ON DELETE CASCADE, 
	CONSTRAINT toar_dag_id_fkey FOREIGN KEY(dag_id) REFERENCES dag (dag_id) ON DELETE CASCADE
);
CREATE TABLE task_reschedule (
	id INTEGER NOT NULL, 
	ti_id CHAR(32) NOT NULL, 
	start_date TIMESTAMP NOT NULL, 
	end_date TIMESTAMP NOT NULL, 
	duration INTEGER NOT NULL, 
	reschedule_date TIMESTAMP NOT NULL, 
	CONSTRAINT task_reschedule_pkey PRIMARY KEY (id), 
	CONSTRAINT task_reschedule_ti_fkey FOREIGN KEY(ti_id) REFERENCES task_instance (id) ON DELETE CASCADE
);
CREATE TABLE task_state_store (
	id INTEGER NOT NULL, 
	dag_run_id INTEGER NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	map_index INTEGER DEFAULT '-1' NOT NULL, 
	"key" VARCHAR(512) NOT NULL, 
	dag_id VARCHAR(250) NOT NULL, 
	run_id VARCHAR(250) NOT NULL, 
	value TEXT NOT NULL, 
	updated_at TIMESTAMP NOT NULL, 
	expires_at TIMESTAMP, 
	CONSTRAINT task_state_store_pkey PRIMARY KEY (id), 
	CONSTRAINT task_state_store_uq UNIQUE (dag_run_id, task_id, map_index, "key"), 
	CONSTRAINT task_state_store_dag_run_fkey FOREIGN KEY(dag_run_id) REFERENCES dag_run (id) ON DELETE CASCADE
);
INSERT INTO "task_state_store" VALUES(1,1,'invite',0,'progress-0','alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00','{"done": ["d38e9e8b-733d-40c7-888a-1a12c900583e"], "faults": {"b4ef89b2-9f72-4884-9784-96293b62bc23": "refused"}, "report": {"counts": {"trigger_stage": 1}, "ids": {"trigger_stage": ["d38e9e8b-733d-40c7-888a-1a12c900583e"]}, "near_misses": [], "calls": {"lever": 7, "alva": 7}, "waited_seconds": 0.5, "invited": 2}, "invited": ["b4ef89b2-9f72-4884-9784-96293b62bc23", "d38e9e8b-733d-40c7-888a-1a12c900583e"]}','2026-11-26 13:50:05.132807','2026-12-26 13:50:05.122656');
INSERT INTO "task_state_store" VALUES(2,2,'push',0,'progress-0','alva_lever_push_results','scheduled__2026-11-26T13:50:07.881080+00:00','{"done": ["d38e9e8b-733d-40c7-888a-1a12c900583e"], "faults": {"b4ef89b2-9f72-4884-9784-96293b62bc23": "refused"}, "report": {"counts": {"unchanged": 1}, "ids": {"unchanged": ["d38e9e8b-733d-40c7-888a-1a12c900583e"]}, "near_misses": [], "calls": {"lever": 5, "alva": 1}, "waited_seconds": 0.4, "invited": 0}, "invited": []}','2026-11-26 13:50:09.403338','2026-12-26 13:50:09.375725');
CREATE TABLE team (
	name VARCHAR(50) NOT NULL, 
	CONSTRAINT team_pkey PRIMARY KEY (name)
);
CREATE TABLE "trigger" (
	id INTEGER NOT NULL, 
	classpath VARCHAR(1000) NOT NULL, 
	kwargs TEXT NOT NULL, 
	created_date TIMESTAMP NOT NULL, 
	triggerer_id INTEGER, 
	queue VARCHAR(256), 
	team_name VARCHAR(50), 
	CONSTRAINT trigger_pkey PRIMARY KEY (id), 
	CONSTRAINT trigger_team_name_fkey FOREIGN KEY(team_name) REFERENCES team (name) ON DELETE SET NULL
);
CREATE TABLE variable (
	id INTEGER NOT NULL, 
	"key" VARCHAR(250) NOT NULL, 
	val TEXT NOT NULL, 
	description TEXT, 
	is_encrypted BOOLEAN NOT NULL, 
	team_name VARCHAR(50), 
	CONSTRAINT variable_pkey PRIMARY KEY (id), 
	CONSTRAINT variable_key_uq UNIQUE ("key"), 
	CONSTRAINT variable_team_name_fkey FOREIGN KEY(team_name) REFERENCES team (name) ON DELETE SET NULL
);
INSERT INTO "variable" VALUES(1,'alva_lever_settings','gAAAAABrCDjrWklySjpyeKZnNrcM1bm6_wDss3XwftYC0R-No1kUfHCT9ZvjuscDtWUuVzNMKus-jpbK0EtTUJeHyaBG-5UiS_8k1ZnNtz1eQLII7pIVwOYV5FMQty8wyt6qe-8TgDI0Ib-S2QB5f1dhGAnIM2ZwdH1qoqZJ5_s-YL2dR30_B_w=',NULL,1,NULL);
INSERT INTO "variable" VALUES(2,'alva_lever_oauth_token','gAAAAABrCDjrIOushqL5ri2wlVqAg0I5RGGLRdSYA1bGzESSfGf8VxLK70_M3NGg4UebuNF0mhtmgldT1nR2yg2xzlprdURhyt7xeQFKaBh6F_ioQO-aABDeNNeI8XL3R0sgBd93DFdWO5U8LGVJ0Cr4yQ9FlVJirgIw034jTkPs07Qem1kIJNZx6MrIm5qXaiOlxxs25EjwCQsaBwtK_H48-C0sFx3BpFrdJQl8ZZWu91nv0_WcbArE7fcp6Tc4v94qnRhTITbrZ-M7rsmnV5KcGc79J16NFKA8B33RMOWU0SjzmF1ILhy7BqjwhgforvbJ28GzEGXcg5Ue8ugnMveGsGZVC6K5fbDiX1FXkplgOVeZ0jP0T54OWlFn2avXteTFJKLZkObz8qNkw4YBhUq5v73G1ujId3X-a3tKyLZ2Q8ZeRA7U2fQ=',NULL,1,NULL);
CREATE TABLE xcom (
	dag_run_id INTEGER NOT NULL, 
	task_id VARCHAR(250) NOT NULL, 
	map_index INTEGER DEFAULT '-1' NOT NULL, 
	"key" VARCHAR(512) NOT NULL, 
	dag_result BOOLEAN, 
	dag_id VARCHAR(250) NOT NULL, 
	run_id VARCHAR(250) NOT NULL, 
	value JSON, 
	timestamp TIMESTAMP NOT NULL, 
	CONSTRAINT xcom_pkey PRIMARY KEY (dag_run_id, task_id, map_index, "key"), 
	CONSTRAINT xcom_task_instance_fkey FOREIGN KEY(dag_id, task_id, run_id, map_index) REFERENCES task_instance (dag_id, task_id, run_id, map_index) ON DELETE CASCADE
);
INSERT INTO "xcom" VALUES(1,'find',-1,'found',0,'alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00','{"report": {"counts": {}, "ids": {}, "near_misses": [], "calls": {"lever": 9, "alva": 1}, "waited_seconds": 0.2, "invited": 0}, "window": [1795690800000, 1795694400000], "named": false, "batches": 1, "finished": true, "dry_run": false}','2026-11-26 13:50:03.551443');
INSERT INTO "xcom" VALUES(1,'find',-1,'return_value',0,'alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00','[[{"id": "b4ef89b2-9f72-4884-9784-96293b62bc23", "new_since_ms": {"00f135ac-5705-4764-baaf-78a46bad5767": 1795690200000}}, {"id": "d38e9e8b-733d-40c7-888a-1a12c900583e", "new_since_ms": {"2c0691b2-28d1-4ff0-9f14-ef4195b22402": 1795690200000}}]]','2026-11-26 13:50:03.654920');
INSERT INTO "xcom" VALUES(1,'invite',0,'return_value',0,'alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00','{"report": {"counts": {"trigger_stage": 1, "leftover": 1}, "ids": {"trigger_stage": ["d38e9e8b-733d-40c7-888a-1a12c900583e"], "leftover": ["b4ef89b2-9f72-4884-9784-96293b62bc23"]}, "near_misses": [], "calls": {"lever": 7, "alva": 7}, "waited_seconds": 0.5, "invited": 2}, "finished": false, "kept": true, "dry_run": false}','2026-11-26 13:50:05.181371');
INSERT INTO "xcom" VALUES(1,'report',-1,'return_value',0,'alva_lever_invite_candidates','scheduled__2026-11-26T13:49:32.861087+00:00','{"dry_run": false, "window": ["2026-11-26T11:00:00+00:00", "2026-11-26T12:00:00+00:00"], "invited": 2, "looked_at": 2, "counts": {"trigger_stage": 1, "leftover": 1}, "ids": {"trigger_stage": ["d38e9e8b-733d-40c7-888a-1a12c900583e"], "leftover": ["b4ef89b2-9f72-4884-9784-96293b62bc23"]}, "near_misses": [], "leftovers": [{"id": "b4ef89b2-9f72-4884-9784-96293b62bc23", "fault": "refused", "attempts": 1, "due": "2026-11-26T13:50:05+00:00"}], "calls": {"lever": 16, "alva": 8}, "waited_seconds": 0.7}','2026-11-26 13:50:06.427204');
INSERT INTO "xcom" VALUES(2,'find',-1,'found',0,'alva_lever_push_results','scheduled__2026-11-26T13:50:07.881080+00:00','{"report": {"counts": {}, "ids": {}, "near_misses": [], "calls": {"lever": 1, "alva": 1}, "waited_seconds": 0.0, "invited": 0}, "window": [1794484800000, 1795694400000], "named": false, "batches": 1, "finished": true, "dry_run": false, "listed": 2}','2026-11-26 13:50:08.337435');
INSERT INTO "xcom" VALUES(2,'find',-1,'return_value',0,'alva_lever_push_results','scheduled__2026-11-26T13:50:07.881080+00:00','[[{"id": "b4ef89b2-9f72-4884-9784-96293b62bc23", "kinds": ["results"]}, {"id": "d38e9e8b-733d-40c7-888a-1a12c900583e", "kinds": ["results"]}]]','2026-11-26 13:50:08.347947');
INSERT INTO "xcom" VALUES(2,'push',0,'return_value',0,'alva_lever_push_results','scheduled__2026-11-26T13:50:07.881080+00:00','{"report": {"counts": {"unchanged": 1, "leftover": 1}, "ids": {"unchanged": ["d38e9e8b-733d-40c7-888a-1a12c900583e"], "leftover": ["b4ef89b2-9f72-4884-9784-96293b62bc23"]}, "near_misses": [], "calls": {"lever": 5, "alva": 1}, "waited_seconds": 0.4, "invited": 0}, "finished": false, "kept": true, "dry_run": false}','2026-11-26 13:50:09.631403');
INSERT INTO "xcom" VALUES(2,'report',-1,'return_value',0,'alva_lever_push_results','scheduled__2026-11-26T13:50:07.881080+00:00','{"dry_run": false, "window": ["2026-11-12T12:00:00+00:00", "2026-11-26T12:00:00+00:00"], "invited": 0, "looked_at": 2, "counts": {"unchanged": 1, "leftover": 1}, "ids": {"unchanged": ["d38e9e8b-733d-40c7-888a-1a12c900583e"], "leftover": ["b4ef89b2-9f72-4884-9784-96293b62bc23"]}, "near_misses": [], "leftovers": [{"id": "b4ef89b2-9f72-4884-9784-96293b62bc23", "fault": "refused", "attempts": 1, "due": "2026-11-26T13:50:09+00:00"}], "calls": {"lever": 6, "alva": 2}, "waited_seconds": 0.4}','2026-11-26 13:50:10.030116');
CREATE INDEX idx_log_task_instance ON log (dag_id, task_id, run_id, map_index, try_number);
CREATE INDEX idx_log_event ON log (event);
CREATE INDEX idx_log_dttm ON log (dttm);
CREATE UNIQUE INDEX idx_asset_alias_name_unique ON asset_alias (name);
CREATE UNIQUE INDEX idx_asset_name_uri_unique ON asset (name, uri);
CREATE INDEX idx_asset_id_timestamp ON asset_event (asset_id, timestamp);
CREATE INDEX idx_pakl_apdr_id ON partitioned_asset_key_log (asset_partition_dag_run_id);
CREATE INDEX idx_connection_test_request_state_created_at ON connection_test_request (state, created_at);
CREATE INDEX idx_revoked_token_exp ON revoked_token (exp);
CREATE INDEX job_type_heart ON job (job_type, latest_heartbeat);
CREATE INDEX idx_job_state_heartbeat ON job (state, latest_heartbeat);
CREATE INDEX idx_job_dag_id ON job (dag_id);
CREATE INDEX idx_dag_bundle_team_team_name ON dag_bundle_team (team_name);
CREATE UNIQUE INDEX idx_dag_bundle_team_dag_bundle_name ON dag_bundle_team (dag_bundle_name);
CREATE INDEX idx_asset_alias_asset_alias_id ON asset_alias_asset (alias_id);
CREATE INDEX idx_asset_alias_asset_asset_id ON asset_alias_asset (asset_id);
CREATE INDEX idx_asset_alias_asset_event_alias_id ON asset_alias_asset_event (alias_id);
CREATE INDEX idx_asset_alias_asset_event_event_id ON asset_alias_asset_event (event_id);
CREATE UNIQUE INDEX idx_asset_active_uri_unique ON asset_active (uri);
CREATE UNIQUE INDEX idx_asset_active_name_unique ON asset_active (name);
CREATE INDEX idx_next_dagrun_create_after ON dag (next_dagrun_create_after);
CREATE INDEX idx_trigger_team_name ON "trigger" (team_name);
CREATE INDEX idx_awm_trigger_id ON asset_watcher (trigger_id);
CREATE INDEX idx_dag_schedule_asset_name_reference_dag_id ON dag_schedule_asset_name_reference (dag_id);
CREATE INDEX idx_dag_schedule_asset_uri_reference_dag_id ON dag_schedule_asset_uri_reference (dag_id);
CREATE INDEX idx_dag_schedule_asset_alias_reference_dag_id ON dag_schedule_asset_alias_reference (dag_id);
CREATE INDEX idx_dag_schedule_asset_reference_dag_id ON dag_schedule_asset_reference (dag_id);
CREATE INDEX idx_task_outlet_asset_reference_dag_id ON task_outlet_asset_reference (dag_id);
CREATE INDEX idx_task_inlet_asset_reference_dag_id ON task_inlet_asset_reference (dag_id);
CREATE INDEX idx_asset_dag_run_queue_target_dag_id ON asset_dag_run_queue (target_dag_id);
CREATE INDEX idx_dag_tag_dag_id ON dag_tag (dag_id);
CREATE INDEX idx_dag_warning_dag_id ON dag_warning (dag_id);
CREATE INDEX idx_dag_run_dag_id ON dag_run (dag_id);
CREATE INDEX idx_dag_run_run_after ON dag_run (run_after);
CREATE INDEX idx_dag_run_running_dags ON dag_run (state, dag_id) WHERE state='running';
CREATE INDEX idx_dag_run_created_dag_version_id ON dag_run (created_dag_version_id);
CREATE INDEX dag_id_state ON dag_run (dag_id, state);
CREATE INDEX idx_dag_run_queued_dags ON dag_run (state, dag_id) WHERE state='queued';
CREATE INDEX idx_dagrun_asset_events_dag_run_id ON dagrun_asset_event (dag_run_id);
CREATE INDEX idx_dagrun_asset_events_event_id ON dagrun_asset_event (event_id);
CREATE INDEX ti_dag_version_id ON task_instance (dag_version_id);
CREATE INDEX ti_state ON task_instance (state);
CREATE INDEX ti_trigger_id ON task_instance (trigger_id);
CREATE INDEX ti_pool ON task_instance (pool, state, priority_weight);
CREATE INDEX ti_dag_state ON task_instance (dag_id, state);
CREATE INDEX ti_dag_run ON task_instance (dag_id, run_id);
CREATE INDEX ti_state_lkp ON task_instance (dag_id, task_id, run_id, state);
CREATE INDEX ti_heartbeat ON task_instance (last_heartbeat_at);
CREATE INDEX idx_task_state_store_expires_at ON task_state_store (expires_at);
CREATE INDEX idx_task_state_store_lookup ON task_state_store (dag_id, run_id, task_id, map_index);
CREATE INDEX deadline_missed_deadline_time_idx ON deadline (missed, deadline_time);
CREATE INDEX deadline_callback_id_idx ON deadline (callback_id);
CREATE INDEX idx_task_reschedule_ti_id_id_desc ON task_reschedule (ti_id, id DESC);
CREATE INDEX idx_xcom_task_instance ON xcom (dag_id, task_id, run_id, map_index);
CREATE INDEX idx_xcom_key ON xcom ("key");
CREATE INDEX idx_tih_dag_run ON task_instance_history (dag_id, run_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('asset',3);
COMMIT;
