//! A flusher in Rust with std alone: the structs of the ABI written out by hand, the
//! rest as usual. Appends each log to FilePath as one line of JSON.

use std::ffi::{c_char, c_int, c_void, CStr, OsStr};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::mem::{offset_of, size_of};
use std::os::unix::ffi::OsStrExt;
use std::ptr::{null, null_mut};

const RETRY: u32 = 0;
const DELIVERED: u32 = 1;
const FS_WRITE: u32 = 1 << 3;
const METRIC_COUNTER: u32 = 1;
const OPTION_STRING: u32 = 7;
const REQUIRED: u32 = 1;
const NO_OFFSET: u32 = u32::MAX;

#[repr(C)]
#[derive(Clone, Copy)]
struct Str {
    data: *const c_char,
    size: usize,
}

impl Str {
    /// The memory must outlive what is returned.
    unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data.cast(), self.size)
    }
}

#[repr(C)]
struct Kv {
    key: Str,
    value: Str,
}

#[repr(C)]
struct Log {
    time_s: u32,
    time_ns: u32,
    n_contents: u32,
    reserved: u32,
    contents: *const Kv,
}

#[repr(C)]
struct Group {
    struct_size: u32,
    n_logs: u32,
    log_stride: u32,
    n_tags: u32,
    logs: *const u8,
}

impl Group {
    /// Steps by the stride, as rows may grow.
    unsafe fn log(&self, i: u32) -> &Log {
        &*self.logs.add(i as usize * self.log_stride as usize).cast()
    }
}

#[repr(C)]
struct Batch {
    struct_size: u32,
    flags: u32,
    id: u64,
    deadline_ns: u64,
    project: Str,
    logstore: Str,
    config: Str,
    logstore_key: i64,
    groups: *const *const Group,
    n_groups: u32,
    attempt: u32,
}

#[repr(C)]
struct Outcome {
    struct_size: u32,
    code: i32,
    retry_after_ns: u64,
    text: *mut c_char,
    text_max: usize,
}

#[repr(C)]
struct Host {
    struct_size: u32,
    abi_minor: u32,
    handle: *mut c_void,
    name: *const c_char,
    version: *const c_char,
    log: *const c_void,
    log_enabled: *const c_void,
    metric: extern "C" fn(*const Host, u32, *const c_char, *const c_char, *const c_char) -> u32,
    record: extern "C" fn(*const Host, u32, f64),
}

#[repr(C)]
struct Context {
    struct_size: u32,
    reserved: u32,
    host: *const Host,
    options: *const Options,
}

#[repr(C)]
struct OptionRow {
    name: *const c_char,
    kind: u32,
    flags: u32,
    offset: u32,
    present_offset: u32,
    default_text: *const c_char,
    min: *const c_char,
    max: *const c_char,
    unit: *const c_char,
    choices: *const *const c_char,
    fields: *const OptionRow,
    n_fields: u32,
    fields_size: u32,
    help: *const c_char,
    since: *const c_char,
    replaced_by: *const c_char,
    example: *const c_char,
}

#[repr(C)]
struct Class {
    struct_size: u32,
    flags: u32,
    kind: *const c_char,
    version: *const c_char,
    description: *const c_char,
    instance_size: u32,
    options_size: u32,
    options: *const OptionRow,
    n_options: u32,
    option_stride: u32,
    init: unsafe extern "C" fn(*mut Instance, *const Context) -> c_int,
    is_ready: *const c_void,
    flush: unsafe extern "C" fn(*mut Instance, *const Batch, *mut Outcome) -> u32,
    set_urgent: *const c_void,
    stop: unsafe extern "C" fn(*mut Instance, u64, *mut Outcome) -> c_int,
    probe: *const c_void,
}

#[repr(C)]
struct Plugin {
    struct_size: u32,
    abi_minor: u32,
    needs_minor: u32,
    n_classes: u32,
    classes: *const &'static Class,
    name: *const c_char,
    version: *const c_char,
    vendor: *const c_char,
    license: *const c_char,
    url: *const c_char,
}

// Static tables of pointers to static memory.
unsafe impl Sync for OptionRow {}
unsafe impl Sync for Class {}
unsafe impl Sync for Plugin {}

#[repr(C)]
struct Options {
    file_path: Str,
}

struct Flusher {
    host: *const Host,
    options: *const Options,
    logs_total: u32,
    file: Option<File>,
    lines: Vec<u8>,
}

/// What lies in the host's memory for the instance.
#[repr(C)]
struct Instance {
    flusher: *mut Flusher,
}

/// What is not UTF-8 becomes U+FFFD.
fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for c in String::from_utf8_lossy(bytes).chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            c if c < ' ' => out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

unsafe fn put_log(out: &mut Vec<u8>, log: &Log) {
    out.push(b'{');
    for i in 0..log.n_contents as usize {
        let content = &*log.contents.add(i);
        if i > 0 {
            out.push(b',');
        }
        put_string(out, content.key.bytes());
        out.push(b':');
        put_string(out, content.value.bytes());
    }
    out.extend_from_slice(b"}\n");
}

impl Flusher {
    /// How many logs.
    unsafe fn format(&mut self, batch: &Batch) -> u64 {
        let mut n_logs = 0;
        self.lines.clear();
        for g in 0..batch.n_groups as usize {
            let group = &**batch.groups.add(g);
            for i in 0..group.n_logs {
                put_log(&mut self.lines, group.log(i));
            }
            n_logs += u64::from(group.n_logs);
        }
        n_logs
    }

    /// All or nothing.
    unsafe fn write(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            let path = CStr::from_ptr((*self.options).file_path.data);
            let path = OsStr::from_bytes(path.to_bytes());
            self.file = Some(OpenOptions::new().append(true).create(true).open(path)?);
        }
        let file = self.file.as_mut().unwrap();
        let start = file.seek(SeekFrom::End(0));
        file.write_all(&self.lines).map_err(|error| {
            if let Ok(start) = start {
                let _ = file.set_len(start);
            }
            error
        })
    }
}

unsafe fn say(outcome: &mut Outcome, code: i32, words: &str) {
    outcome.code = code;
    if outcome.text_max == 0 {
        return;
    }
    let mut size = words.len().min(outcome.text_max - 1);
    while !words.is_char_boundary(size) {
        size -= 1;
    }
    std::ptr::copy_nonoverlapping(words.as_ptr().cast(), outcome.text, size);
    *outcome.text.add(size) = 0;
}

unsafe extern "C" fn init(this: *mut Instance, context: *const Context) -> c_int {
    let host = (*context).host;
    let logs_total = ((*host).metric)(
        host,
        METRIC_COUNTER,
        c"logs_written_total".as_ptr(),
        c"logs".as_ptr(),
        c"Logs written.".as_ptr(),
    );
    (*this).flusher = Box::into_raw(Box::new(Flusher {
        host,
        options: (*context).options,
        logs_total,
        file: None,
        lines: Vec::new(),
    }));
    0
}

unsafe extern "C" fn flush(this: *mut Instance, batch: *const Batch, result: *mut Outcome) -> u32 {
    let flusher = &mut *(*this).flusher;
    let n_logs = flusher.format(&*batch);
    let written = flusher.write();
    flusher.lines.shrink_to(4 << 20);
    match written {
        Ok(()) => {
            ((*flusher.host).record)(flusher.host, flusher.logs_total, n_logs as f64);
            DELIVERED
        }
        Err(error) => {
            let words = format!("cannot write the file: {error}");
            say(&mut *result, error.raw_os_error().unwrap_or(0), &words);
            RETRY
        }
    }
}

unsafe extern "C" fn stop(this: *mut Instance, _deadline_ns: u64, _result: *mut Outcome) -> c_int {
    drop(Box::from_raw((*this).flusher));
    (*this).flusher = null_mut();
    0
}

static ROWS: [OptionRow; 1] = [OptionRow {
    name: c"FilePath".as_ptr(),
    kind: OPTION_STRING,
    flags: REQUIRED,
    offset: offset_of!(Options, file_path) as u32,
    present_offset: NO_OFFSET,
    default_text: null(),
    min: null(),
    max: null(),
    unit: null(),
    choices: null(),
    fields: null(),
    n_fields: 0,
    fields_size: 0,
    help: c"The file that lines are appended to.".as_ptr(),
    since: null(),
    replaced_by: null(),
    example: null(),
}];

static CLASS: Class = Class {
    struct_size: size_of::<Class>() as u32,
    flags: FS_WRITE,
    kind: c"flusher_good_rust".as_ptr(),
    version: c"1.0.0".as_ptr(),
    description: c"Appends logs to a file, written in Rust.".as_ptr(),
    instance_size: size_of::<Instance>() as u32,
    options_size: size_of::<Options>() as u32,
    options: ROWS.as_ptr(),
    n_options: 1,
    option_stride: size_of::<OptionRow>() as u32,
    init,
    is_ready: null(),
    flush,
    set_urgent: null(),
    stop,
    probe: null(),
};

static CLASSES: [&Class; 1] = [&CLASS];

static PLUGIN: Plugin = Plugin {
    struct_size: size_of::<Plugin>() as u32,
    abi_minor: 0,
    needs_minor: 0,
    n_classes: 1,
    classes: CLASSES.as_ptr(),
    name: c"zoo".as_ptr(),
    version: c"1.0.0".as_ptr(),
    vendor: null(),
    license: null(),
    url: null(),
};

const NOTE_TEXT: [u8; 47] = *b"name=zoo\nversion=1.0.0\ntypes=flusher_good_rust\n";

#[repr(C)]
struct Note {
    name_size: u32,
    content_size: u32,
    note_type: u32,
    owner: [u8; 8],
    abi_major: u32,
    abi_minor: u32,
    needs_minor: u32,
    text_size: u32,
    text: [u8; NOTE_TEXT.len()],
    end: u8,
}

#[used]
#[link_section = ".note.weir"]
static NOTE: Note = Note {
    name_size: 5,
    content_size: 16 + NOTE_TEXT.len() as u32 + 1,
    note_type: 1,
    owner: *b"weir\0\0\0\0",
    abi_major: 1,
    abi_minor: 0,
    needs_minor: 0,
    text_size: NOTE_TEXT.len() as u32,
    text: NOTE_TEXT,
    end: 0,
};

#[no_mangle]
extern "C" fn weir_plugin_register_v1(_host: *const Host, _error: *mut c_void) -> *const Plugin {
    &PLUGIN
}
