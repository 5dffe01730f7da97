// For functions whose bytes must not depend on the compiler or the C library.
#pragma once

namespace headwater {

/// Gives e^x, relative error below 1e-15; 0 below -745, infinity above 709.78.
double exp_of(double x);
/// Gives the natural logarithm, relative error below 1e-14; -infinity for x <= 0.
double log_of(double x);
/// Gives the cosine of x radians, |x| < 1e6, absolute error below 1e-14.
double cos_of(double x);
/// Gives base^exponent by exp and log for positive bases, exactly repeated products for small whole exponents.
double power_of(double base, double exponent);
/// Gives the standard normal quantile of 0 < p < 1 (Acklam 2003), relative error below 1.2e-9; p is kept within 2^-53 and 1 - 2^-53.
double normal_quantile(double p);
/// Rounds half away from zero.
double round_of(double x);
/// Gives the natural logarithm of the gamma function for x >= 1 (Stirling's series), relative error below 1e-13 away from its zeros.
double log_gamma_of(double x);

/// A place on the globe, degrees.
struct Place {
    double latitude = 0;
    double longitude = 0;
};
/// Gives the great-circle distance in kilometres (haversine, mean radius 6371.0088 km).
double distance_km(Place from, Place to);

}  // namespace headwater
