/**
 * The vocabulary of SQL dialects (MySQL, PostgreSQL, SQL Server, Oracle, DB2, SQLite). A word alone is never a hit: it
 * only says which role a token plays in the grammar.
 */
const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Operators written as words; comparisons have a set of their own. */
export const WORD_OPERATORS = words('div mod collate escape at uescape overlaps');
export const WORD_COMPARISONS = words('like rlike regexp ilike similar glob in is between sounds not match against');
/** `eqv` and `imp` are those of Access. */
export const LOGIC_WORDS = words('and or xor eqv imp');
/** Stand before an operand and change nothing in the structure. */
export const UNARY_WORDS = words(
  'not binary match distinct distinctrow all any some exists interval row prior real unique date timestamp time array',
);
/** Values that need no parentheses. */
export const CONSTANTS = words(
  `null true false unknown current_user current_date current_time current_timestamp current_role utc_date utc_time utc_timestamp
   localtime localtimestamp sysdate systimestamp session_user system_user user`,
);
/** Continue a statement after a complete expression. */
export const CLAUSES = words('union except intersect minus limit offset fetch procedure into for lock waitfor from rows with');

/**
 * Functions that say nothing about people, or that formulas do not use: text pieces, codes, types, hashes, the server
 * itself. Mathematical functions are not among them.
 */
export const SQL_FUNCTIONS = words(
  `ascii ord char chr nchar unicode hex unhex bin oct conv concat concat_ws group_concat string_agg listagg wm_concat stragg array_agg
   substr substring substring_index mid left right lpad rpad ltrim rtrim locate instr position charindex patindex elt field find_in_set make_set
   export_set insert replace reverse repeat replicate space strcmp soundex quote quotename stuff char_length character_length bit_length
   octet_length lcase ucase lower upper initcap length len datalength cast convert convert_int try_convert to_char to_number to_date coalesce nullif
   ifnull isnull nvl nvl2 iif if decode greatest least row_count found_rows last_insert_id version user database schema current_user
   session_user system_user current_database current_schema connection_id pg_backend_pid host_name db_name suser_sname suser_name user_name
   user_id is_srvrolemember is_member has_dbaccess serverproperty object_id object_name col_name col_length charset collation coercibility
   inet_server_addr inet_server_port inet_client_addr rawtohex utl_raw md5 sha sha1 sha2 sha256 hashbytes crc32 password old_password encrypt
   aes_encrypt aes_decrypt des_encrypt des_decrypt compress uncompress encode json_keys json_extract json_arrayagg json_object xmltype
   xmlelement xmlagg xmlforest row_to_json query_to_xml array_to_json benchmark sleep pg_sleep load_file extractvalue updatexml name_const
   analyse sysdate now curdate curtime getdate utc_date unix_timestamp from_unixtime sys_context sqlite_version randomblob zeroblob
   likelihood generate_series rdb$get_context gen_id dbms_lock floor rand randomblob count typeof pi`,
);
/** Functions about the server: in a value of a request they have no other use than to read it out. */
export const SERVER_FUNCTIONS = words(
  `version user database schema current_user session_user system_user current_database current_schema db_name suser_sname suser_name
   user_name serverproperty is_srvrolemember sqlite_version connection_id pg_backend_pid load_file benchmark pg_sleep extractvalue updatexml
   name_const sys_context inet_server_port inet_server_addr randomblob`,
);
/** Functions whose call does harm by itself: waiting, reading files, opening connections, running commands. */
const HARMFUL_FUNCTIONS = words(
  `sleep pg_sleep pg_sleep_for pg_sleep_until benchmark load_file extractvalue updatexml name_const sys_eval sys_exec lo_import lo_export
   pg_read_file pg_ls_dir pg_read_binary_file dblink dblink_connect query_to_xml database_to_xml openrowset opendatasource openquery xp_cmdshell
   xp_dirtree xp_regread xp_fileexist httpuritype load_extension writefile readfile fts3_tokenizer randomblob sqlite_version
   json_keys gtid_subset gtid_subtract st_latfromgeohash st_longfromgeohash st_pointfromgeohash polygon multipolygon multipoint linestring
   multilinestring geometrycollection sql_to_xml table_to_xml ctxsys.drithsx.sn xmltype xdburitype filetoblob filetoclob
   regexp_substring sysmaster`,
);
/** Packages of Oracle, and procedures of SQL Server, of which every one counts as harmful. */
const HARMFUL_PREFIXES = ['utl_', 'dbms_', 'sys.utl_', 'sys.dbms_', 'ctxsys.', 'owa_', 'master.', 'xp_', 'sp_'];

export function isHarmful(name: string): boolean {
  return HARMFUL_FUNCTIONS.has(name) || HARMFUL_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** What `CREATE`, `DROP` and `ALTER` act on. */
export const OBJECTS = words(
  `table database index view function procedure user schema trigger column login role sequence tablespace type proc temporary temp unique
   package assembly certificate extension aggregate alias synonym event server`,
);
export const STATEMENTS = words(
  `select insert update delete drop create alter truncate exec execute declare set shutdown waitfor call do load grant revoke use print begin if
   while kill merge replace backup restore attach detach copy rename prepare handler show describe desc explain analyze commit rollback goto
   pragma vacuum raiserror dbcc bulk reconfigure lock end with values return openrowset go`,
);
/** Words that may stand between `SELECT` and its first column. */
export const SELECT_MODIFIERS = words(
  'all distinct distinctrow top high_priority straight_join sql_small_result sql_big_result sql_buffer_result sql_cache sql_no_cache sql_calc_found_rows percent binary not',
);
/** Words of the grammar at which a number that is glued to a word ends (`1e0UNION`). */
export const GLUED = words(
  'union select and or xor from where order group having limit into like rlike regexp in is between div mod not procedure for as asc desc',
);
