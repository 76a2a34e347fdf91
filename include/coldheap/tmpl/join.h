/** join.h: how include-templates build the names of an instance: CH_JOIN(stem, _suffix) pastes
 * after both have been expanded. */
#ifndef CH_TMPL_JOIN_H
#define CH_TMPL_JOIN_H

#define CH_JOIN(stem, suffix)  CH_JOIN_(stem, suffix)
#define CH_JOIN_(stem, suffix) stem##suffix

#endif
