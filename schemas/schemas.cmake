# The schemas that are compiled in and installed. CAPBUS_SCHEMA_VERSIONS: what earlier releases wrote, as
# versions/NAME.N (README.md, "How a schema changes").
set(CAPBUS_SCHEMAS
    capture_request capture_run pcap_chunk capture_event capture_result capture_target cleanup_request audit_record
    request_thread)
set(CAPBUS_SCHEMA_VERSIONS)
