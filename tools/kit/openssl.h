/*
 * OpenSSL, loaded when it is first wanted. Each check is a process, and nearly none of them
 * has a use for it: to load it took a third of the time of a check. [control]
 */
#ifndef KIT_OPENSSL_H
#define KIT_OPENSSL_H

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* clang-format off */
#define OPENSSL_FUNCTIONS(F) \
    F(ASN1_INTEGER_set) \
    F(EVP_PKEY_Q_keygen) \
    F(EVP_PKEY_free) \
    F(EVP_sha256) \
    F(SSL_CTX_free) \
    F(SSL_CTX_new) \
    F(SSL_CTX_use_PrivateKey) \
    F(SSL_CTX_use_certificate) \
    F(SSL_accept) \
    F(SSL_free) \
    F(SSL_new) \
    F(SSL_read) \
    F(SSL_set_fd) \
    F(SSL_shutdown) \
    F(SSL_write) \
    F(TLS_server_method) \
    F(X509V3_EXT_conf_nid) \
    F(X509_EXTENSION_free) \
    F(X509_NAME_add_entry_by_txt) \
    F(X509_NAME_free) \
    F(X509_NAME_new) \
    F(X509_add_ext) \
    F(X509_free) \
    F(X509_get_serialNumber) \
    F(X509_getm_notAfter) \
    F(X509_getm_notBefore) \
    F(X509_gmtime_adj) \
    F(X509_new) \
    F(X509_set_issuer_name) \
    F(X509_set_pubkey) \
    F(X509_set_subject_name) \
    F(X509_set_version) \
    F(X509_sign)
/* clang-format on */

struct openssl {
#define F(NAME) __typeof__(&(NAME)) NAME;
    OPENSSL_FUNCTIONS(F)
#undef F
};

/* 0, or -ENOENT: the library, or a function of it, is not there. It stays loaded. */
int openssl_load(struct openssl *ret);

#endif
