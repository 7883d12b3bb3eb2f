#include "process/grok_patterns.h"

/* Kept free of nested repetition, which backtracking cannot bound. */
const struct grok_pattern grok_patterns[] = {
    /* people */
    {"USERNAME", "[a-zA-Z0-9._-]+"},
    {"USER", "%{USERNAME}"},
    {"EMAILLOCALPART", "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"},
    {"EMAILADDRESS", "%{EMAILLOCALPART}@%{HOSTNAME}"},

    /* numbers */
    {"INT", "[+-]?[0-9]+"},
    {"BASE10NUM", "(?<![0-9.+-])[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)"},
    {"NUMBER", "%{BASE10NUM}"},
    {"BASE16NUM", "(?<![0-9A-Fa-f])[+-]?(?:0x)?[0-9A-Fa-f]+"},
    {"BASE16FLOAT",
        "\\b(?<![0-9A-Fa-f.])[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\\.[0-9A-Fa-f]*)?|\\.[0-9A-Fa-f]+)\\b"},
    {"POSINT", "\\b[1-9][0-9]*\\b"},
    {"NONNEGINT", "\\b[0-9]+\\b"},

    /* words */
    {"WORD", "\\b\\w+\\b"},
    {"NOTSPACE", "\\S+"},
    {"SPACE", "\\s*"},
    {"DATA", ".*?"},
    {"GREEDYDATA", ".*"},
    {"QUOTEDSTRING", "(?>\"(?>[^\"\\\\]+|\\\\.)*\"|'(?>[^'\\\\]+|\\\\.)*'|`(?>[^`\\\\]+|\\\\.)*`)"},
    {"QS", "%{QUOTEDSTRING}"},
    {"UUID", "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}"},
    {"URN", "urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:[0-9a-zA-Z()+,.:=@;$_!*'/?#%-]+"},

    /* networks */
    {"MAC", "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})"},
    {"CISCOMAC", "(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4}"},
    {"WINDOWSMAC", "(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}"},
    {"COMMONMAC", "(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}"},
    {"IPV6", "(?<![0-9A-Fa-f:.])(?:"
             "(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|"
             "(?:[0-9A-Fa-f]{1,4}:){6}%{IPV4}|"
             "(?=(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{0,4}|[0-9.]+)(?![0-9A-Fa-f:.]))"
             "(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?::"
             "(?:(?:[0-9A-Fa-f]{1,4}:)*(?:%{IPV4}|[0-9A-Fa-f]{1,4}))?"
             ")(?:%[0-9A-Za-z]+)?(?![0-9A-Fa-f:])"},
    {"IPV4", "(?<![0-9.])(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}"
             "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?![0-9])"},
    {"IP", "(?:%{IPV6}|%{IPV4})"},
    {"HOSTNAME",
        "\\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*(?:\\.?|\\b)"},
    {"HOST", "%{HOSTNAME}"},
    {"IPORHOST", "(?:%{IP}|%{HOSTNAME})"},
    {"HOSTPORT", "%{IPORHOST}:%{POSINT}"},

    /* paths and addresses */
    {"PATH", "(?:%{UNIXPATH}|%{WINPATH})"},
    {"UNIXPATH", "(?:/[\\w%!$@:.,+~-]*)+"},
    {"TTY", "/dev/(?:pts|tty[pq]?)(?:\\w+)?/?[0-9]*"},
    {"WINPATH", "(?:[A-Za-z]+:|\\\\)(?:\\\\[^\\\\?*\\s]*)+"},
    {"URIPROTO", "[A-Za-z][A-Za-z0-9+.-]+"},
    {"URIHOST", "%{IPORHOST}(?::%{POSINT:port})?"},
    {"URIPATH", "(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+"},
    {"URIQUERY", "[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\\[\\]<>-]*"},
    {"URIPARAM", "\\?%{URIQUERY}"},
    {"URIPATHPARAM", "%{URIPATH}(?:%{URIPARAM})?"},
    {"URI", "%{URIPROTO}://(?:%{USER}(?::[^@\\s]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?"},

    /* dates and times */
    {"MONTH", "\\b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm](?:a|\303\244)?r(?:ch|z)?|[Aa]pr(?:il)?|"
              "[Mm]a(?:y|i)|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?|[Ss]ep(?:t(?:ember)?)?|"
              "[Oo](?:c|k)t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e(?:c|z)(?:ember)?)\\b"},
    {"MONTHNUM", "(?:0?[1-9]|1[0-2])"},
    {"MONTHNUM2", "(?:0[1-9]|1[0-2])"},
    {"MONTHDAY", "(?:0[1-9]|[12][0-9]|3[01]|[1-9])"},
    {"DAY", "\\b(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|"
            "Sun(?:day)?)\\b"},
    {"YEAR", "(?:[0-9]{2}){1,2}"},
    {"HOUR", "(?:2[0-3]|[01]?[0-9])"},
    {"MINUTE", "[0-5][0-9]"},
    {"SECOND", "(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?"},
    {"TIME", "(?<![0-9])%{HOUR}:%{MINUTE}(?::%{SECOND})(?![0-9])"},
    {"DATE_US", "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}"},
    {"DATE_EU", "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}"},
    {"DATE", "(?:%{DATE_US}|%{DATE_EU})"},
    {"DATESTAMP", "%{DATE}[- ]%{TIME}"},
    {"ISO8601_TIMEZONE", "(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))"},
    {"ISO8601_SECOND", "%{SECOND}"},
    {"TIMESTAMP_ISO8601", "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?"
                          "%{ISO8601_TIMEZONE}?"},
    {"TZ", "(?:[APMCE][SD]T|UTC)"},
    {"DATESTAMP_RFC822", "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}"},
    {"DATESTAMP_RFC2822", "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}"},
    {"DATESTAMP_OTHER", "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}"},
    {"DATESTAMP_EVENTLOG", "%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}"},
    {"HTTPDERROR_DATE", "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{YEAR}"},
    {"HTTPDATE", "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}"},

    /* syslog */
    {"SYSLOGTIMESTAMP", "%{MONTH} +%{MONTHDAY} %{TIME}"},
    {"PROG", "[\\x21-\\x5a\\x5c\\x5e-\\x7e]+"},
    {"SYSLOGPROG", "%{PROG:program}(?:\\[%{POSINT:pid}\\])?"},
    {"SYSLOGHOST", "%{IPORHOST}"},
    {"SYSLOGFACILITY", "<%{NONNEGINT:facility}\\.%{NONNEGINT:priority}>"},
    {"SYSLOGBASE", "%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} "
                   "%{SYSLOGPROG}:"},
    {"SYSLOGLINE", "%{SYSLOGBASE} %{GREEDYDATA:message}"},
    {"LOGLEVEL",
        "(?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo(?:rmation)?|"
        "INFO(?:RMATION)?|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|"
        "[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|[Ee]merg(?:ency)?|"
        "EMERG(?:ENCY)?)"},

    /* web servers */
    {"HTTPDUSER", "(?:%{EMAILADDRESS}|%{USER})"},
    {"COMMONAPACHELOG",
        "%{IPORHOST:clientip} %{HTTPDUSER:ident} %{HTTPDUSER:auth} \\[%{HTTPDATE:timestamp}\\] "
        "\"(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|"
        "%{DATA:rawrequest})\" %{NUMBER:response} (?:%{NUMBER:bytes}|-)"},
    {"COMBINEDAPACHELOG", "%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}"},
    {"HTTPD_COMMONLOG", "%{COMMONAPACHELOG}"},
    {"HTTPD_COMBINEDLOG", "%{COMBINEDAPACHELOG}"},
    {"HTTPD20_ERRORLOG", "\\[%{HTTPDERROR_DATE:timestamp}\\] \\[%{LOGLEVEL:loglevel}\\] "
                         "(?:\\[client %{IPORHOST:clientip}\\] )?%{GREEDYDATA:errormsg}"},
    {"HTTPD24_ERRORLOG",
        "\\[%{HTTPDERROR_DATE:timestamp}\\] \\[%{WORD:module}:%{LOGLEVEL:loglevel}\\] "
        "\\[pid %{POSINT:pid}(?::tid %{NUMBER:tid})?\\]"
        "(?: \\(%{POSINT:proxy_errorcode}\\)%{DATA:proxy_errormessage}:)?"
        "(?: \\[client %{IPORHOST:client}:%{POSINT:clientport}\\])?"
        "(?: %{DATA:errorcode}:)? %{GREEDYDATA:message}"},
    {"HTTPD_ERRORLOG", "(?:%{HTTPD20_ERRORLOG}|%{HTTPD24_ERRORLOG})"},
};

const size_t grok_n_patterns = sizeof grok_patterns / sizeof grok_patterns[0];
