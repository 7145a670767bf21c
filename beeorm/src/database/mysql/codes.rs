//! Which class an error number is of. Numbers that MySQL and MariaDB use differently are left to
//! their SQLSTATE, which is asked for every number that is not listed.

use super::super::FailureClass::{self, Contention, Data, Infrastructure, Schema, Unknown};

pub(super) fn class(code: u16, sqlstate: Option<&str>) -> FailureClass {
    match code {
        // Deadlock, lock wait, changed since read, a definition changed under the statement, NOWAIT,
        // and what group replication rolls back at commit.
        1020 | 1205 | 1213 | 1412 | 1613 | 1614 | 1615 | 3058 | 3101 | 3572 => Contention,

        // The connection: too many, refused, cut, killed, idle for too long, or not yet ready (Galera).
        1040
        | 1042
        | 1043
        | 1047
        | 1053
        | 1077
        | 1078
        | 1079
        | 1080
        | 1081
        | 1129
        | 1130
        | 1135
        | 1152
        | 1154..=1161
        | 1184
        | 1189
        | 1190
        | 1203
        | 1218
        | 1226
        | 1243
        | 1461
        | 1927
        | 2002
        | 2003
        | 2006
        | 2013
        | 3032
        | 3168 => Infrastructure,
        // In MariaDB this number is about triggers.
        4031 if sqlstate == Some("HY000") => Infrastructure,
        // The account: wrong password or database, locked, expired. No statement is at fault.
        1044 | 1045 | 1049 | 1251 | 1524 | 1698 | 1820 | 1862 | 3118 | 4151 => Infrastructure,
        // Files, disk, memory, damaged or full tables.
        1004 | 1015 | 1016 | 1021 | 1023 | 1024 | 1026 | 1028 | 1030 | 1034 | 1035 | 1037
        | 1038 | 1041 | 1114 | 1194 | 1195 | 1206 | 1637 => Infrastructure,
        // Read only, in all its forms; a lock on the whole server.
        1036 | 1099 | 1100 | 1192 | 1223 | 1290 | 1792 | 1836 | 1874 => Infrastructure,
        // COMMIT or ROLLBACK failed; interrupted; out of time.
        1180..=1183 | 1317 | 1969 | 3024 | 3100 => Infrastructure,

        // Duplicates, NULL, too long, out of range, no such value, foreign keys, CHECK, SIGNAL.
        1022
        | 1048
        | 1062
        | 1169
        | 1216
        | 1217
        | 1263..=1265
        | 1292
        | 1364..=1367
        | 1369
        | 1406
        | 1411
        | 1451
        | 1452
        | 1467
        | 1526
        | 1557
        | 1586
        | 1644
        | 1690
        | 1748
        | 1761
        | 1762
        | 1859
        | 3819 => Data,
        4025 if sqlstate == Some("23000") => Data,
        // A text that the column's character set does not hold, as a value or compared with one.
        1267 | 1270 | 1271 | 3854 | 3988 => Data,
        // Of a trigger: a query that finds more rows than one, SIGNAL of "not found".
        1172 | 1242 | 1643 => Data,
        // Larger than the server takes, as a row, a value or a statement; JSON that is none.
        1118 | 1153 | 1162 | 1301 | 3140 | 3141 | 3144 => Data,

        // Tables, columns, functions, rights and syntax.
        1046 | 1050 | 1051 | 1052 | 1054 | 1060 | 1061 | 1064 | 1072 | 1091 | 1109 | 1110
        | 1115 | 1136 | 1142 | 1143 | 1146 | 1149 | 1176 | 1227 | 1273 | 1288 | 1304 | 1305
        | 1370 | 1419 | 1471 | 1906 | 1932 | 3105 => Schema,

        // ProxySQL's own: no backend, shunned, too many connections to it.
        9000..=9999 if matches!(sqlstate, None | Some("HY000")) => Infrastructure,

        _ => of_state(sqlstate.unwrap_or_default()),
    }
}

/// Whether the end of a transaction that was answered so may have been done: the server, the connection or the COMMIT
/// itself broke under it.
pub(super) fn leaves_open(code: u16) -> bool {
    matches!(
        code,
        1053 | 1180..=1183 | 1317 | 1927 | 2006 | 2013 | 3100 | 3101 | 4031
    )
}

fn of_state(sqlstate: &str) -> FailureClass {
    match sqlstate {
        "25006" | "70100" => Infrastructure,
        "21S01" => Schema,
        _ => match sqlstate.get(..2) {
            Some("08" | "28" | "53") => Infrastructure,
            Some("22" | "23" | "45") => Data,
            Some("40") => Contention,
            Some("3D" | "42") => Schema,
            _ => Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that the design names, and their SQLSTATE.
    const NAMED: &[(u16, &str, FailureClass)] = &[
        (1213, "40001", Contention),
        (1205, "HY000", Contention),
        (1020, "HY000", Contention),
        (2006, "HY000", Infrastructure),
        (2013, "HY000", Infrastructure),
        (1040, "08004", Infrastructure),
        (1053, "08S01", Infrastructure),
        (1290, "HY000", Infrastructure),
        (1836, "HY000", Infrastructure),
        (1792, "25006", Infrastructure),
        (1021, "HY000", Infrastructure),
        (1114, "HY000", Infrastructure),
        (1047, "08S01", Infrastructure),
        (1927, "70100", Infrastructure),
        (4031, "HY000", Infrastructure),
        (1317, "70100", Infrastructure),
        (1969, "70100", Infrastructure),
        (3024, "HY000", Infrastructure),
        (1045, "28000", Infrastructure),
        (1049, "42000", Infrastructure),
        (1062, "23000", Data),
        (1048, "23000", Data),
        (1406, "22001", Data),
        (1264, "22003", Data),
        (1366, "HY000", Data),
        (1292, "22007", Data),
        (1690, "22003", Data),
        (1364, "HY000", Data),
        (1451, "23000", Data),
        (1452, "23000", Data),
        (3819, "HY000", Data),
        (4025, "23000", Data),
        (1644, "45000", Data),
        (1643, "02000", Data),
        (1242, "21000", Data),
        (1172, "42000", Data),
        (1267, "HY000", Data),
        (1270, "HY000", Data),
        (1271, "HY000", Data),
        (3854, "HY000", Data),
        (3988, "HY000", Data),
        (1153, "08S01", Data),
        (1054, "42S22", Schema),
        (1146, "42S02", Schema),
        (1064, "42000", Schema),
        (1142, "42000", Schema),
        (1136, "21S01", Schema),
        (9001, "HY000", Infrastructure),
    ];

    #[test]
    fn the_named_numbers_have_their_class() {
        for (code, sqlstate, expected) in NAMED {
            assert_eq!(class(*code, Some(sqlstate)), *expected, "{code}");
        }
    }

    #[test]
    fn other_numbers_go_by_their_state() {
        assert_eq!(class(9999, Some("08S01")), Infrastructure);
        assert_eq!(class(9999, Some("23000")), Data);
        assert_eq!(class(9999, Some("40XA1")), Contention);
        assert_eq!(class(9999, Some("42000")), Schema);
        assert_eq!(class(9999, Some("45123")), Data);
        assert_eq!(class(8999, Some("HY000")), Unknown);
        assert_eq!(class(8999, None), Unknown);
        assert_eq!(class(4025, Some("HY000")), Unknown);
    }
}
