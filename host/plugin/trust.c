#include "plugin/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"

#define READ_SIZE (256 * KIB)

/* Who can write, beside the host's own user? Only root looks at owners and groups. */
static bool foreign_owner(const struct stat *status)
{
    return !geteuid() && status->st_uid;
}

static bool foreign_group_writes(const struct stat *status)
{
    return !geteuid() && (status->st_mode & S_IWGRP) && status->st_gid;
}

static int check_file(const char *path, const struct stat *status, struct refusal *ret_why)
{
    int r;

    if (status->st_mode & S_IWOTH) {
        r = refuse(ret_why, "W2105", "everybody may write to this file (mode %04o)",
            status->st_mode & 07777);
        refusal_text(&ret_why->advice, "chmod o-w %s", path);
        return r;
    }
    if (foreign_owner(status)) {
        r = refuse(ret_why, "W2107", "this file belongs to user %u, and the host runs as root",
            status->st_uid);
        refusal_text(&ret_why->advice, "chown root %s, or run the host as another user", path);
        return r;
    }
    if (foreign_group_writes(status)) {
        r = refuse(ret_why, "W2108", "group %u may write to this file, and the host runs as root",
            status->st_gid);
        refusal_text(&ret_why->advice, "chmod g-w %s", path);
        return r;
    }
    return 0;
}

static int check_folder(const char *folder, struct refusal *ret_why)
{
    struct stat status;
    int r = 0;

    if (stat(folder, &status))
        return refuse(
            ret_why, "W2104", "the folder %s cannot be looked at: %s", folder, strerror(errno));
    if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX)) {
        r = refuse(ret_why, "W2106", "everybody may write to the folder %s (mode %04o)", folder,
            status.st_mode & 07777);
        refusal_text(&ret_why->advice, "chmod o-w %s", folder);
    } else if (foreign_owner(&status)) {
        r = refuse(ret_why, "W2109", "the folder %s belongs to user %u, and the host runs as root",
            folder, status.st_uid);
        refusal_text(&ret_why->advice, "chown root %s, or move the plugin", folder);
    } else if (foreign_group_writes(&status) && !(status.st_mode & S_ISVTX)) {
        r = refuse(ret_why, "W2110",
            "group %u may write to the folder %s, and the host runs as root", status.st_gid,
            folder);
        refusal_text(&ret_why->advice, "chmod g-w %s", folder);
    }
    return r;
}

static int check_folders(const char *path, struct refusal *ret_why)
{
    SCOPED_FREE char *folder = mem_strdup(path);
    char *slash;
    int r;

    while ((slash = strrchr(folder, '/'))) {
        slash[slash == folder ? 1 : 0] = '\0';
        r = check_folder(folder, ret_why);
        if (r || slash == folder)
            return r;
    }
    return 0;
}

static int refuse_open(const char *path, struct refusal *ret_why)
{
    int r;

    if (errno == ENOENT || errno == ENOTDIR) {
        r = refuse(ret_why, "W2101", "there is no such file");
        refusal_text(&ret_why->advice, "correct `import` in plugins.yml, or install the plugin");
        return r;
    }
    r = refuse(ret_why, "W2102", "the file cannot be opened: %s", strerror(errno));
    refusal_text(&ret_why->advice, "let the host's user read %s", path);
    return r;
}

int trust_open(const char *path, struct refusal *ret_why)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    int r;

    if (fd < 0 || fstat(fd, &status))
        return refuse_open(path, ret_why);
    if (!S_ISREG(status.st_mode)) {
        r = refuse(ret_why, "W2103", "this is %s, not a file",
            S_ISDIR(status.st_mode) ? "a folder" : "something special");
        refusal_text(&ret_why->advice, "name the plugin's .so file");
        return r;
    }
    r = check_file(path, &status, ret_why);
    if (!r)
        r = check_folders(path, ret_why);
    return r ? r : take_fd(fd);
}

static void put_hex(const unsigned char *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* 0 or -errno. */
static int digest_read(int fd, char *ret_text)
{
    SCOPED_FREE char *buffer = mem_zalloc(READ_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    off_t at = 0;
    ssize_t n = -1;

    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL))
        while ((n = pread(fd, buffer, READ_SIZE, at)) > 0) {
            EVP_DigestUpdate(context, buffer, (size_t)n);
            at += n;
        }
    if (!n && EVP_DigestFinal_ex(context, digest, NULL))
        put_hex(digest, (DIGEST_HEX_SIZE - 1) / 2, ret_text);
    else
        n = -1;
    EVP_MD_CTX_free(context);
    return n ? -EIO : 0;
}

static int64_t modified_ns(const struct stat *status)
{
    return (int64_t)status->st_mtim.tv_sec * (int64_t)NS_PER_S + status->st_mtim.tv_nsec;
}

int identity_read(int fd, struct file_identity *ret)
{
    struct file_identity identity = {0};
    struct stat status;
    int r;

    if (fstat(fd, &status))
        return -errno;
    r = digest_read(fd, identity.digest);
    if (r)
        return r;
    identity.device = status.st_dev;
    identity.inode = status.st_ino;
    identity.size = (uint64_t)status.st_size;
    identity.modified_ns = modified_ns(&status);
    *ret = identity;
    return 0;
}

bool identity_matches_status(const struct file_identity *identity, const struct stat *status)
{
    return identity->device == status->st_dev && identity->inode == status->st_ino &&
           identity->size == (uint64_t)status->st_size &&
           identity->modified_ns == modified_ns(status);
}
