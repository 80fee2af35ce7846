#ifndef LANTERN_COPENSSL_SHIM_H
#define LANTERN_COPENSSL_SHIM_H
#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>
#include <openssl/pem.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/crypto.h>

// Macros and variadic functions that Swift cannot import; one line each, no logic.

// SSL_CTX and SSL
static inline int lantern_SSL_CTX_set_version_range(SSL_CTX *ctx, int low, int high) { return SSL_CTX_set_min_proto_version(ctx, low) && SSL_CTX_set_max_proto_version(ctx, high); }
static inline void lantern_SSL_CTX_set_modes(SSL_CTX *ctx) { SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER); }
static inline void lantern_SSL_CTX_set_options(SSL_CTX *ctx) { SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE); }
static inline void lantern_SSL_CTX_clear_options(SSL_CTX *ctx) { SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION | SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_NO_DHE_KEX); }
static inline void lantern_SSL_CTX_read_ahead(SSL_CTX *ctx) { SSL_CTX_set_read_ahead(ctx, 1); }
static inline void lantern_SSL_CTX_disable_session_cache(SSL_CTX *ctx) { SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); }
static inline int lantern_SSL_set_server_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }
static inline int lantern_SSL_CTX_set_groups(SSL_CTX *ctx, const char *list) { return (int)SSL_CTX_set1_groups_list(ctx, list); }
static inline const char *lantern_SSL_group_name(SSL *ssl) { return SSL_group_to_name(ssl, (int)SSL_get_negotiated_group(ssl)); }

// BIO
static inline void lantern_BIO_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void lantern_BIO_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline long lantern_BIO_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

// Stacks of certificates; each entry holds a reference.
static inline STACK_OF(X509) *lantern_X509_stack_new(void) { return sk_X509_new_null(); }
static inline int lantern_X509_stack_push(STACK_OF(X509) *stack, X509 *x509) { return sk_X509_push(stack, x509); }
static inline int lantern_X509_stack_count(const STACK_OF(X509) *stack) { return stack ? sk_X509_num(stack) : 0; }
static inline X509 *lantern_X509_stack_certificate(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
static inline void lantern_X509_stack_free(STACK_OF(X509) *stack) { sk_X509_pop_free(stack, X509_free); }

// X509
static inline int lantern_GENERAL_NAMES_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline int lantern_GENERAL_NAMES_type(const GENERAL_NAMES *names, int index) { return sk_GENERAL_NAME_value(names, index)->type; }
static inline const ASN1_STRING *lantern_GENERAL_NAMES_text(const GENERAL_NAMES *names, int index) { return sk_GENERAL_NAME_value(names, index)->d.ia5; }
static inline unsigned long lantern_XN_FLAG_RFC2253(void) { return XN_FLAG_RFC2253; }
static inline unsigned int lantern_host_flags(void) { return X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT; }
static inline int lantern_X509_STORE_object_count(X509_STORE *store) { return sk_X509_OBJECT_num(X509_STORE_get0_objects(store)); }

static inline X509 *lantern_X509_STORE_certificate(X509_STORE *store, int index) { return X509_OBJECT_get0_X509(sk_X509_OBJECT_value(X509_STORE_get0_objects(store), index)); }
static inline int lantern_X509_CRL_count(X509_CRL *list) { STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list); return entries ? sk_X509_REVOKED_num(entries) : 0; }
static inline int lantern_X509_chain_count(const STACK_OF(X509) *chain) { return sk_X509_num(chain); }
static inline X509 *lantern_X509_chain_certificate(const STACK_OF(X509) *chain, int index) { return sk_X509_value(chain, index); }
static inline void lantern_X509_chain_free(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }
static inline STACK_OF(X509) *lantern_SSL_CTX_chain(SSL_CTX *ctx) { STACK_OF(X509) *chain = NULL; SSL_CTX_get0_chain_certs(ctx, &chain); return chain; }

// EVP
static inline EVP_PKEY *lantern_EVP_generate_p256(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"); }
static inline EVP_PKEY *lantern_EVP_generate_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }
static inline int lantern_EVP_is_ed25519(const EVP_PKEY *key) { return EVP_PKEY_is_a(key, "ED25519"); }

// ERR
static inline int lantern_ERR_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int lantern_ERR_reason(unsigned long code) { return ERR_GET_REASON(code); }
#endif
