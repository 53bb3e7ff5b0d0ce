"""Words that a database may take for its own."""

_WORDS = """
_ascii _binary _eucjpms _euckr _gbk _greek _hebrew _macce _macroman _sjis _ujis abort action
add after all alter always analyse analyze and any apply array as asc asymmetric attach
authid authorization backup before begin between binary both break browse bulk by call
cascade case cast change character charset check checkpoint close cluster clustered coalesce
collate collation column columns comment commit compress compute concurrently condition
connect constraint contains continue convert copy create cross cube current current_catalog
current_date current_datetime current_role current_schema current_time current_timestamp
current_user current_user_id cursor database databases dbcc deallocate declare default
deferrable deferred delayed delete deny desc describe detach diagnostics disk distinct
distinctrow distributed div do double drop dual dump each else elseif enclosed encode end
enum errlvl escape escaped except exclude exclusive exec execute exists exit explain
external extract false fetch file fillfactor filter final first following for force foreign
format freeze from full fulltext function functions generated get glob global go goto grant
group grouping groups having high_priority hold holdlock identity identity_insert
identitycol if ignore ilike immediate in increment index indexed infile initially inner
inout input insert install instead intersect interval into is isnull iterate join key keys
kill last lateral leading leave left like limit linear lineno lines load local localtime
localtimestamp lock locking loop macro map match match_recognize materialized maxvalue merge
minus mod modify national natural next no nocheck nocompress nonclustered not nothing
notnull nowait null nullif nulls of off offline offset offsets on online only open
opendatasource openquery openrowset openxml option options or order others out outer outfile
over overlaps overlay overwrite partition partitioned_by percent period pivot placing
positional pragma preceding precision primary print prior privileges proc procedure
properties public purge qualify raise raiserror range read reads readtext real reconfigure
recursive references refresh regexp reindex release rename repeat replace replication
require resignal restore restrict return returning revert revoke right rlike rollback row
rowcount rowguidcol rows sample save schema schemas sealed second security select semi
separator sequence serdeproperties session session_user set sets setuser show shutdown
signal similar skip some spatial specific sql sqlexception sqlstate sqlwarning ssl start
starting statistics straight_join stream struct summarize symmetric synonym system_user
systimestamp table tables tablesample temp temporary terminated textsize then to top
trailing tran transaction transient trigger trim true truncate try_convert tsequal unbounded
uncache undo undrop union unique unlock unnest unpivot unsigned until update updatetext
usage use user using vacuum validate values variadic varying verbose view views virtual
volatile waitfor when whenever where while window with within without write writetext xml
xor zerofill
"""

RESERVED = frozenset(_WORDS.split())
"""Between quotes they are names; without, some database stumbles over them."""
